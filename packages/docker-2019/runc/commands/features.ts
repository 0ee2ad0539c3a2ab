/** `runc features`: what this runtime can do, whatever the machine can. */
import { writeSync } from "node:fs";
import { CAPABILITIES } from "@eras/linux/capabilities.ts";
import { isSeccompFlagSupported } from "@eras/linux/seccomp.ts";
import { type Hooks, OCI_VERSION } from "@eras/oci-spec/runtime/config.ts";
import {
  SECCOMP_ACTIONS,
  SECCOMP_ARCHITECTURES,
  SECCOMP_FLAGS,
  SECCOMP_OPERATORS,
} from "@eras/oci-spec/runtime/config-seccomp.ts";
import type { Features, SeccompFeatures } from "@eras/oci-spec/runtime/features.ts";
import { defineCommand } from "../command.ts";
import { CRIU_CONFIG_ANNOTATION } from "../criu/criu-config.ts";
import { KINDS } from "../init/namespaces.ts";
import { entryOptionWords } from "../rootfs/mount-options.ts";
import { VERSION } from "../version.ts";

export const command = defineCommand({
  usage: "[arguments...]",
  summary: "show the enabled features",
  description: `The output is JSON, of the shape that the runtime specification gives it:
   https://github.com/opencontainers/runtime-spec/blob/v1.2.0/features.md`,
  flags: {},
  minArgs: 0,
  maxArgs: 0,
  run() {
    writeSync(1, `${JSON.stringify(features(), null, 4)}\n`);
    return 0;
  },
});

function features(): Features {
  return {
    ociVersionMin: "1.0.0",
    ociVersionMax: OCI_VERSION,
    hooks: Object.keys(HOOKS),
    mountOptions: entryOptionWords(),
    linux: {
      namespaces: Object.keys(KINDS).sort(),
      capabilities: Object.keys(CAPABILITIES).map((name) => `CAP_${name.toUpperCase()}`),
      cgroup: { v1: true, v2: true, systemd: true, systemdUser: true, rdma: true },
      seccomp: seccompFeatures(),
      apparmor: { enabled: true },
      selinux: { enabled: true },
      intelRdt: { enabled: true },
      mountExtensions: { idmap: { enabled: true } },
    },
    annotations: {
      "org.opencontainers.runc.checkpoint.enabled": "true",
      "org.opencontainers.runc.version": VERSION,
    },
    potentiallyUnsafeConfigAnnotations: ["org.systemd.property.", CRIU_CONFIG_ANNOTATION],
  };
}

/** All of them, in the order of a container's life: the compiler sees to it. */
const HOOKS: Readonly<Record<keyof Hooks, true>> = {
  prestart: true,
  createRuntime: true,
  createContainer: true,
  startContainer: true,
  poststart: true,
  poststop: true,
};

function seccompFeatures(): SeccompFeatures {
  return {
    enabled: true,
    actions: SECCOMP_ACTIONS.toSorted(),
    operators: SECCOMP_OPERATORS.toSorted(),
    archs: SECCOMP_ARCHITECTURES.toSorted(),
    knownFlags: SECCOMP_FLAGS,
    supportedFlags: SECCOMP_FLAGS.filter(isSeccompFlagSupported),
  };
}
