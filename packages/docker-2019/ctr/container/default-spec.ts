/**
 * The spec of a container of which nothing was said: what containerd's client library gives one. It is not Docker's, nor runc's: no
 * limits, no seccomp, a tmpfs at /run, and of the host's network nothing but a loopback.
 *
 * @see https://github.com/containerd/containerd/blob/v1.6.20/oci/spec.go
 */
import type { Mount, Spec } from "@eras/oci-spec/runtime/config.ts";
import type { LinuxDeviceCgroup } from "@eras/oci-spec/runtime/config-linux.ts";
import { HIDDEN_PATHS } from "@eras/oci-spec/runtime/defaults.ts";

/** The newest that runtimes of 2019 know. */
const SPEC_VERSION = "1.0.2-dev";
const NOFILE = 1024;

const CAPABILITIES = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_FSETID",
  "CAP_FOWNER",
  "CAP_MKNOD",
  "CAP_NET_RAW",
  "CAP_SETGID",
  "CAP_SETUID",
  "CAP_SETFCAP",
  "CAP_SETPCAP",
  "CAP_NET_BIND_SERVICE",
  "CAP_SYS_CHROOT",
  "CAP_KILL",
  "CAP_AUDIT_WRITE",
];

/** null, random, full, tty, zero, urandom, console, the terminals of devpts, ptmx; nothing else may be opened. */
const DEVICES: readonly (readonly [major: number, minor?: number])[] = [
  [1, 3],
  [1, 8],
  [1, 7],
  [5, 0],
  [1, 5],
  [1, 9],
  [5, 1],
  [136],
  [5, 2],
];

/** @param cgroupsPath - Where the container's cgroup is to be. */
export function defaultSpec(cgroupsPath: string): Spec {
  return {
    ociVersion: SPEC_VERSION,
    process: {
      user: { uid: 0, gid: 0 },
      args: [],
      cwd: "/",
      capabilities: { bounding: CAPABILITIES, effective: CAPABILITIES, permitted: CAPABILITIES },
      rlimits: [{ type: "RLIMIT_NOFILE", hard: NOFILE, soft: NOFILE }],
      noNewPrivileges: true,
    },
    root: { path: "rootfs" },
    mounts: MOUNTS,
    linux: {
      resources: { devices: [{ allow: false, access: "rwm" }] },
      cgroupsPath,
      namespaces: (["pid", "ipc", "uts", "mount", "network"] as const).map((type) => ({ type })),
      ...HIDDEN_PATHS,
    },
  };
}

/** The same, with the devices that no program can do without. */
export function withUsualDevices({ linux, ...spec }: Spec): Spec {
  const { devices = [], ...resources } = linux?.resources ?? {};
  return { ...spec, linux: { ...linux, resources: { ...resources, devices: [...devices, ...DEVICES.map(allowed)] } } };
}

function allowed([major, minor]: readonly [major: number, minor?: number]): LinuxDeviceCgroup {
  return { allow: true, type: "c", major, ...(minor !== undefined && { minor }), access: "rwm" };
}

const SMALL_TMPFS = ["nosuid", "strictatime", "mode=755", "size=65536k"];

const MOUNTS: readonly Mount[] = [
  { destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"] },
  { destination: "/dev", type: "tmpfs", source: "tmpfs", options: SMALL_TMPFS },
  {
    destination: "/dev/pts",
    type: "devpts",
    source: "devpts",
    options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
  },
  {
    destination: "/dev/shm",
    type: "tmpfs",
    source: "shm",
    options: ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"],
  },
  { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"] },
  { destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"] },
  { destination: "/run", type: "tmpfs", source: "tmpfs", options: SMALL_TMPFS },
];
