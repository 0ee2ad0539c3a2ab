/** The config.json that dockerd 20.10 writes for a container that asks for nothing, but for paths and names of its own files. */
import type { Mount, Spec } from "@eras/oci-spec/runtime/config.ts";
import type { LinuxSeccomp } from "@eras/oci-spec/runtime/config-seccomp.ts";
import { OCI_VERSION } from "../../harness/bundle.ts";

export const DOCKER_CAPABILITIES: readonly string[] = (
  "CAP_CHOWN CAP_DAC_OVERRIDE CAP_FSETID CAP_FOWNER CAP_MKNOD CAP_NET_RAW CAP_SETGID CAP_SETUID CAP_SETFCAP CAP_SETPCAP " +
  "CAP_NET_BIND_SERVICE CAP_SYS_CHROOT CAP_KILL CAP_AUDIT_WRITE"
).split(" ");

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
  { destination: "/dev/shm", type: "tmpfs", source: "shm", options: [...HARMLESS, "mode=1777", "size=67108864"] },
  { destination: "/etc/hosts", type: "bind", source: "/etc/hosts", options: ["rbind", "rprivate"] },
];

const HIDDEN =
  "/proc/asound /proc/acpi /proc/kcore /proc/keys /proc/latency_stats /proc/timer_list /proc/timer_stats /proc/sched_debug /proc/scsi /sys/firmware";

/** The kinds of rules that the real profile has, if not all its names: a refusal by default is tried under dockerd itself. */
const SECCOMP: LinuxSeccomp = {
  defaultAction: "SCMP_ACT_ALLOW",
  architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
  syscalls: [
    { names: ["mount", "umount2", "unshare", "setns", "sethostname"], action: "SCMP_ACT_ERRNO" },
    { names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: 38 },
    {
      names: ["personality"],
      action: "SCMP_ACT_ERRNO",
      args: [{ index: 0, value: 0x20008, op: "SCMP_CMP_GT" }],
    },
  ],
};

export function dockerSpec(): Spec {
  const [bounding, effective, permitted] = [DOCKER_CAPABILITIES, DOCKER_CAPABILITIES, DOCKER_CAPABILITIES];
  const devices = ["1:5", "1:3", "1:9", "1:8", "5:0", "5:1"].map((number) => {
    const [major, minor] = number.split(":").map(Number);
    return { allow: true, type: "c" as const, major: major!, minor: minor!, access: "rwm" };
  });
  return {
    ociVersion: OCI_VERSION,
    process: {
      user: { uid: 0, gid: 0, additionalGids: [0] },
      args: ["sh"],
      env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME=0123456789ab"],
      cwd: "/",
      capabilities: { bounding, effective, permitted },
      oomScoreAdj: 0,
    },
    root: { path: "rootfs" },
    hostname: "0123456789ab",
    mounts: MOUNTS,
    linux: {
      sysctl: { "net.ipv4.ip_unprivileged_port_start": "0", "net.ipv4.ping_group_range": "0 2147483647" },
      resources: {
        devices: [
          { allow: false, access: "rwm" },
          ...devices,
          { allow: false, type: "c", major: 10, minor: 229, access: "rwm" },
        ],
        memory: { disableOOMKiller: false },
        cpu: { shares: 0 },
        blockIO: { weight: 0 },
      },
      namespaces: [{ type: "mount" }, { type: "network" }, { type: "uts" }, { type: "pid" }, { type: "ipc" }],
      seccomp: SECCOMP,
      maskedPaths: HIDDEN.split(" "),
      readonlyPaths: ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
    },
  };
}
