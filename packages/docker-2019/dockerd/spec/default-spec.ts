/** The spec of a container of which nothing was said, as dockerd has it: not runc's, nor containerd's. */
import type { Mount, Spec } from "@eras/oci-spec/runtime/config.ts";
import type { LinuxDeviceCgroup } from "@eras/oci-spec/runtime/config-linux.ts";
import type { HostConfig } from "../../engine-api/container-config.ts";

/** What 20.10 writes; 19.03 wrote 1.0.1-dev. */
const SPEC_VERSION = "1.0.2-dev";

/** What of /proc and /sys tells of the host. */
export const MASKED_PATHS: readonly string[] = [
  "/proc/asound",
  "/proc/acpi",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/sys/firmware",
];

/** What of it changes the host. */
export const READONLY_PATHS: readonly string[] = [
  "/proc/bus",
  "/proc/fs",
  "/proc/irq",
  "/proc/sys",
  "/proc/sysrq-trigger",
];

/** A privileged container has nothing hidden from it unless it is said. */
export function defaultSpec(rootfs: string, hostConfig: HostConfig): Spec {
  const { ReadonlyRootfs, Privileged, MaskedPaths, ReadonlyPaths } = hostConfig;
  return {
    ociVersion: SPEC_VERSION,
    process: { args: [], cwd: "/" },
    root: { path: rootfs, ...(ReadonlyRootfs && { readonly: true }) },
    mounts: MOUNTS,
    linux: {
      resources: { devices: DEVICE_RULES },
      namespaces: (["mount", "network", "uts", "pid", "ipc"] as const).map((type) => ({ type })),
      ...hidden("maskedPaths", MaskedPaths ?? (Privileged ? [] : MASKED_PATHS)),
      ...hidden("readonlyPaths", ReadonlyPaths ?? (Privileged ? [] : READONLY_PATHS)),
    },
  };
}

/** An empty list is left out, as Go leaves it out. */
function hidden(member: "maskedPaths" | "readonlyPaths", paths: readonly string[]) {
  return paths.length > 0 ? { [member]: paths } : {};
}

const HARMLESS = ["nosuid", "noexec", "nodev"];

const MOUNTS: readonly Mount[] = [
  { destination: "/proc", type: "proc", source: "proc", options: HARMLESS },
  {
    destination: "/dev",
    type: "tmpfs",
    source: "tmpfs",
    options: ["nosuid", "strictatime", "mode=755", "size=65536k"],
  },
  {
    destination: "/dev/pts",
    type: "devpts",
    source: "devpts",
    options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
  },
  { destination: "/sys", type: "sysfs", source: "sysfs", options: [...HARMLESS, "ro"] },
  { destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["ro", ...HARMLESS] },
  { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: HARMLESS },
  { destination: "/dev/shm", type: "tmpfs", source: "shm", options: [...HARMLESS, "mode=1777"] },
];

/** Nothing but zero, null, urandom, random, tty and console; of the rest, fuse is named once more. The runtime adds what it needs itself. */
const DEVICE_RULES: readonly LinuxDeviceCgroup[] = [
  { allow: false, access: "rwm" },
  ...(
    [
      [1, 5],
      [1, 3],
      [1, 9],
      [1, 8],
      [5, 0],
      [5, 1],
    ] as const
  ).map(([major, minor]) => ({ allow: true, type: "c" as const, major, minor, access: "rwm" })),
  { allow: false, type: "c", major: 10, minor: 229, access: "rwm" },
];
