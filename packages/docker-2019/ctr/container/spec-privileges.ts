/** What a container may do: capabilities, system calls, the kernel's files, the host's devices. */
import { readFileSync } from "node:fs";
import { CAPABILITIES, getCapabilities } from "@eras/linux/capabilities.ts";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { LinuxCapabilities, Mount, Spec } from "@eras/oci-spec/runtime/config.ts";
import type { Linux } from "@eras/oci-spec/runtime/config-linux.ts";
import type { LinuxSeccomp } from "@eras/oci-spec/runtime/config-seccomp.ts";
import { hostDevices } from "./devices.ts";
import type { ContainerFlags } from "./flags.ts";

/** @throws {InvalidArgument} When a seccomp profile can't be read. */
export function addPrivileges(spec: Spec, flags: ContainerFlags): Spec {
  const open = flags.privileged ? privileged(spec) : spec;
  return {
    ...open,
    process: { ...open.process!, capabilities: capabilities(open, flags) },
    linux: { ...open.linux, ...(flags.seccompProfile && { seccomp: readSeccomp(flags.seccompProfile) }) },
  };
}

/** All that ctr itself may do, all devices, nothing hidden. */
function privileged(spec: Spec): Spec {
  const { maskedPaths: _, readonlyPaths: __, seccomp: ___, ...linux } = spec.linux as Linux;
  const all = currentCapabilities();
  return {
    ...spec,
    process: { ...spec.process!, capabilities: { bounding: all, effective: all, permitted: all } },
    mounts: spec.mounts?.map(writable) ?? [],
    linux: {
      ...linux,
      devices: hostDevices(),
      resources: { ...linux.resources, devices: [{ allow: true, access: "rwm" }] },
    },
  };
}

/** By the names that specs have: `CAP_SYS_ADMIN`. */
const NUMBERS = new Map(Object.entries(CAPABILITIES).map(([name, number]) => [`CAP_${name.toUpperCase()}`, number]));

function currentCapabilities(): string[] {
  const { effective } = getCapabilities();
  return [...NUMBERS].filter(([, number]) => (effective >> BigInt(number)) & 1n).map(([name]) => name);
}

function writable(mount: Mount): Mount {
  if (mount.type !== "sysfs" && mount.type !== "cgroup") return mount;
  return { ...mount, options: mount.options?.map((option) => (option === "ro" ? "rw" : option)) ?? [] };
}

function capabilities({ process }: Spec, { capAdd, capDrop }: ContainerFlags): LinuxCapabilities {
  for (const name of [...capAdd, ...capDrop])
    if (!NUMBERS.has(name)) throw new InvalidArgument(`Cannot change capability ${JSON.stringify(name)}: not known`);
  const changed = (before: readonly string[] = []) =>
    [...new Set([...before, ...capAdd])].filter((name) => !capDrop.includes(name));
  const { bounding, effective, permitted } = process!.capabilities!;
  return { bounding: changed(bounding), effective: changed(effective), permitted: changed(permitted) };
}

function readSeccomp(path: string): LinuxSeccomp {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as LinuxSeccomp; // the runtime will check it
  } catch (cause) {
    throw new InvalidArgument(`Cannot read seccomp profile ${path}: ${(cause as Error).message}`, { cause });
  }
}
