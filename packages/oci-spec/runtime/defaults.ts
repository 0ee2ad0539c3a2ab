/**
 * What `runc spec` writes: a config.json to start from, with a shell in a terminal.
 *
 * Byte for byte, so the order of members counts. The form for a user without privileges has a user namespace, keeps the host's
 * network, and shows the host's /sys, because a user namespace that doesn't own the network namespace may not mount one.
 *
 * @see https://man7.org/linux/man-pages/man8/runc-spec.8.html
 */
import type { Mount, Process, Spec } from "./config.ts";
import { OCI_VERSION } from "./config.ts";
import type { Linux, LinuxNamespace } from "./config-linux.ts";

/** For root. */
export function defaultSpec(ociVersion = OCI_VERSION): Spec {
  return { ...base(ociVersion), mounts: [...commonMounts(["gid=5"]), SYSFS, CGROUP], linux: forRoot() };
}

/** For this user, who is root in the container: `runc spec --rootless`. */
export function rootlessSpec(uid: number, gid: number, ociVersion = OCI_VERSION): Spec {
  return { ...base(ociVersion), mounts: [...commonMounts([]), SYS_OF_HOST, CGROUP], linux: forUser(uid, gid) };
}

/**
 * The same with a cgroup namespace, as `runc spec` has it where all control groups are v2: there a container may be shown a tree of its
 * own. It comes before the user namespace, to the byte.
 */
export function withCgroupNamespace(spec: Spec): Spec {
  const { namespaces = [] } = spec.linux ?? {};
  const isUser = ({ type }: LinuxNamespace) => type === "user";
  const others = namespaces.filter((namespace) => !isUser(namespace));
  return {
    ...spec,
    linux: { ...spec.linux, namespaces: [...others, { type: "cgroup" }, ...namespaces.filter(isUser)] },
  };
}

/** A config.json as `runc spec` formats it: tabs, and no newline at the end. */
export function formatSpec(spec: Spec): string {
  return JSON.stringify(spec, null, "\t");
}

function base(ociVersion: string): Pick<Spec, "ociVersion" | "process" | "root" | "hostname"> {
  return { ociVersion, process: shell(), root: { path: "rootfs", readonly: true }, hostname: "runc" };
}

function shell(): Process {
  const capabilities = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"];
  return {
    terminal: true,
    user: { uid: 0, gid: 0 },
    args: ["sh"],
    env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"],
    cwd: "/",
    capabilities: {
      bounding: capabilities,
      effective: capabilities,
      permitted: capabilities,
      ambient: capabilities,
    },
    rlimits: [{ type: "RLIMIT_NOFILE", hard: 1024, soft: 1024 }],
    noNewPrivileges: true,
  };
}

/** @param ptsOptions - More for /dev/pts: the group `tty`, number 5, which a user namespace with one group hasn't. */
function commonMounts(ptsOptions: readonly string[]): readonly Mount[] {
  const harmless = ["nosuid", "noexec", "nodev"];
  return [
    { destination: "/proc", type: "proc", source: "proc" },
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
      options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", ...ptsOptions],
    },
    {
      destination: "/dev/shm",
      type: "tmpfs",
      source: "shm",
      options: [...harmless, "mode=1777", "size=65536k"],
    },
    { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: harmless },
  ];
}

const SYSFS: Mount = {
  destination: "/sys",
  type: "sysfs",
  source: "sysfs",
  options: ["nosuid", "noexec", "nodev", "ro"],
};

const SYS_OF_HOST: Mount = {
  destination: "/sys",
  type: "none",
  source: "/sys",
  options: ["rbind", "nosuid", "noexec", "nodev", "ro"],
};

const CGROUP: Mount = {
  destination: "/sys/fs/cgroup",
  type: "cgroup",
  source: "cgroup",
  options: ["nosuid", "noexec", "nodev", "relatime", "ro"],
};

function forRoot(): Linux {
  return {
    resources: { devices: [{ allow: false, access: "rwm" }] },
    namespaces: [{ type: "pid" }, { type: "network" }, { type: "ipc" }, { type: "uts" }, { type: "mount" }],
    ...HIDDEN_PATHS,
  };
}

function forUser(uid: number, gid: number): Linux {
  return {
    uidMappings: [{ containerID: 0, hostID: uid, size: 1 }],
    gidMappings: [{ containerID: 0, hostID: gid, size: 1 }],
    namespaces: [{ type: "pid" }, { type: "ipc" }, { type: "uts" }, { type: "mount" }, { type: "user" }],
    ...HIDDEN_PATHS,
  };
}

/** What of /proc and /sys tells of the host, or changes it: containerd's client library hides the same. */
export const HIDDEN_PATHS: Pick<Linux, "maskedPaths" | "readonlyPaths"> = {
  maskedPaths: [
    "/proc/acpi",
    "/proc/asound",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/proc/sched_debug",
    "/sys/firmware",
    "/proc/scsi",
  ],
  readonlyPaths: ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
};
