/** Containers to look at: each differs from the one that `runc spec` describes in what its name says. */
import type { Mount, Process } from "@eras/oci-spec/runtime/config.ts";
import type { Linux, LinuxNamespaceType } from "@eras/oci-spec/runtime/config-linux.ts";
import { defaultSpec } from "@eras/oci-spec/runtime/defaults.ts";
import { OCI_VERSION, plainSpec } from "../../harness/bundle.ts";
import { DOCKER_CAPABILITIES, dockerSpec } from "./docker-spec.ts";
import type { Sitting } from "./studio.ts";

const POWERFUL = [...DOCKER_CAPABILITIES, "CAP_SYS_ADMIN", "CAP_NET_ADMIN"];

const withProcess = (process: Partial<Process>, spec = plainSpec()): Sitting => ({
  spec: { ...spec, process: { ...spec.process!, ...process } },
});
const withLinux = (linux: Linux, spec = plainSpec()): Sitting => ({
  spec: { ...spec, linux: { ...spec.linux, ...linux } },
});
const withMounts = (mounts: readonly Mount[], linux: Linux = {}): Sitting =>
  withLinux(linux, { ...plainSpec(), mounts: [...plainSpec().mounts!, ...mounts] });
/** Keeps the given kinds, instead of all but user, cgroup and time. */
const withNamespaces = (types: readonly LinuxNamespaceType[], linux: Linux = {}, spec = plainSpec()): Sitting =>
  withLinux({ namespaces: types.map((type) => ({ type })), ...linux }, spec);
const capabilities = (names: readonly string[]) => ({ bounding: names, effective: names, permitted: names });

const bind = (source: string, destination: string, ...options: string[]): Mount => ({
  destination,
  type: "bind",
  source,
  options: ["bind", ...options],
});
const tmpfs = (destination: string, ...options: string[]): Mount => ({
  destination,
  type: "tmpfs",
  source: "tmpfs",
  options,
});

const MAPPINGS = [
  { containerID: 0, hostID: 100_000, size: 1000 },
  { containerID: 1000, hostID: 300_000, size: 500 },
];

/**
 * Of the processes and files around a container.
 *
 * @param holder - PID of a process with network, uts and ipc namespaces of its own, and one of PIDs for its children.
 */
export function sittings(holder: number): Readonly<Record<string, Sitting>> {
  const joined = (["network", "uts", "ipc", "pid"] as const).map((type) => ({
    type,
    path: `/proc/${holder}/ns/${{ network: "net", uts: "uts", ipc: "ipc", pid: "pid_for_children" }[type]}`,
  }));
  return {
    "what runc spec writes, without a terminal": { spec: plainSpec() },
    "what runc spec writes": { spec: defaultSpec(OCI_VERSION) },
    "what dockerd writes": { spec: dockerSpec() },
    "an exec beside what dockerd writes": { spec: dockerSpec(), exec: [] },
    "a terminal of a given size": withProcess({ terminal: true, consoleSize: { height: 33, width: 101 } }),
    "a terminal of a user's": withProcess({ terminal: true, user: { uid: 1000, gid: 1000 } }),
    "Docker's capabilities, and new privileges": withProcess({
      capabilities: capabilities(DOCKER_CAPABILITIES),
      noNewPrivileges: false,
    }),
    "capabilities in some sets only": withProcess({
      capabilities: {
        bounding: ["CAP_KILL", "CAP_CHOWN", "CAP_SYS_ADMIN"],
        permitted: ["CAP_KILL", "CAP_CHOWN"],
        effective: ["CAP_CHOWN"],
        inheritable: ["CAP_KILL"],
        ambient: ["CAP_KILL"],
      },
    }),
    "no capabilities": withProcess({ capabilities: {} }),
    "a user with groups, a umask, a directory": withProcess({
      user: { uid: 1000, gid: 1001, additionalGids: [5, 2000], umask: 0o027 },
      cwd: "/tmp",
      env: ["PATH=/bin", "A=b=c", "EMPTY=", "HOME=/nowhere"],
    }),
    "a user with ambient capabilities": withProcess({
      user: { uid: 1000, gid: 1000 },
      capabilities: {
        ...capabilities(["CAP_NET_BIND_SERVICE", "CAP_SYS_ADMIN"]),
        inheritable: ["CAP_NET_BIND_SERVICE"],
        ambient: ["CAP_NET_BIND_SERVICE"],
      },
    }),
    "a directory that must be made": withProcess({ cwd: "/made/for/this" }),
    limits: withProcess({
      rlimits: [
        { type: "RLIMIT_NOFILE", hard: 512, soft: 256 },
        { type: "RLIMIT_CORE", hard: 0, soft: 0 },
        { type: "RLIMIT_NPROC", hard: 1000, soft: 500 },
        { type: "RLIMIT_STACK", hard: 16 << 20, soft: 8 << 20 },
        { type: "RLIMIT_FSIZE", hard: 1 << 30, soft: 1 << 20 },
      ],
    }),
    "no limits of its own": withProcess({ rlimits: [] }),
    "the first to be killed": withProcess({ oomScoreAdj: 789 }),
    "a read-only root": { spec: { ...plainSpec(), root: { path: "rootfs", readonly: true } } },
    "nothing masked": withLinux({ maskedPaths: [], readonlyPaths: [] }),
    "other things masked": withLinux({
      maskedPaths: ["/root", "/etc/secret", "/not/there"],
      readonlyPaths: ["/tmp", "/bin/vi", "/not/there"],
    }),
    mounts: withMounts([
      bind("/usr/share", "/mnt/ro", "ro", "rbind"),
      bind("/usr/bin/env", "/mnt/deep/file", "nosuid", "nodev"),
      bind("/usr/share", "/mnt/relative/../dots", "noexec", "noatime"),
      tmpfs("/mnt/tmpfs", "size=64k", "mode=1750", "nosuid"),
      tmpfs("/bin/copied", "tmpcopyup", "size=1m"),
      { destination: "/mnt/ramfs", type: "ramfs", source: "ramfs", options: ["noexec"] },
      { destination: "mnt/no/slash", type: "tmpfs", source: "no-slash" },
    ]),
    "a tmpfs with what was there": withMounts([
      tmpfs("/etc", "tmpcopyup", "mode=755"),
      bind("/usr", "/etc/usr", "rro"),
    ]),
    "mounts that are shared and slave": withMounts(
      [
        bind("/usr", "/mnt/private", "rprivate"),
        bind("/usr", "/mnt/slave", "rslave"),
        bind("/usr", "/mnt/shared", "shared"),
      ],
      { rootfsPropagation: "rslave" },
    ),
    "a shared root": withLinux({ rootfsPropagation: "shared" }),
    "a private root": withLinux({ rootfsPropagation: "private" }),
    "no pivot_root": { spec: plainSpec(), createFlags: ["--no-pivot"] },
    "no new keyring": { ...withLinux({ maskedPaths: [] }), createFlags: ["--no-new-keyring"] },
    devices: withLinux({
      devices: [
        { path: "/dev/fuse", type: "c", major: 10, minor: 229, fileMode: 0o640, uid: 7, gid: 8 },
        { path: "/dev/deep/disk", type: "b", major: 254, minor: 0, fileMode: 0o600 },
        { path: "/dev/pipe", type: "p", fileMode: 0o622 },
      ],
      resources: {
        devices: [
          { allow: false, access: "rwm" },
          { allow: true, type: "c", major: 10, minor: 229, access: "rw" },
        ],
      },
    }),
    "all devices": {
      ...withProcess(
        { capabilities: capabilities(POWERFUL) },
        withLinux({ resources: { devices: [{ allow: true, access: "rwm" }] } }).spec,
      ),
    },
    sysctls: withLinux({
      sysctl: {
        "kernel.msgmax": "4321",
        "net.ipv4.ip_forward": "1",
        "net.core.somaxconn": "77",
        "fs.mqueue.msg_max": "12",
      },
    }),
    "a filter of system calls": withLinux({
      seccomp: {
        defaultAction: "SCMP_ACT_ALLOW",
        architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
        syscalls: [
          { names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 28 },
          { names: ["chown", "fchownat", "lchown"], action: "SCMP_ACT_ERRNO" },
          { names: ["unshare"], action: "SCMP_ACT_LOG" },
          { names: ["mknod", "mknodat"], action: "SCMP_ACT_KILL_PROCESS" },
        ],
      },
    }),
    "a filter that looks at arguments": withProcess(
      { noNewPrivileges: false },
      withLinux({
        seccomp: {
          defaultAction: "SCMP_ACT_ALLOW",
          syscalls: [
            {
              names: ["mknod"],
              action: "SCMP_ACT_ERRNO",
              errnoRet: 5,
              args: [{ index: 1, value: 0o170000, valueTwo: 0o060000, op: "SCMP_CMP_MASKED_EQ" }],
            },
            { names: ["kill"], action: "SCMP_ACT_ERRNO", args: [{ index: 1, value: 10, op: "SCMP_CMP_GE" }] },
          ],
        },
      }).spec,
    ),
    "namespaces of another process": withLinux({ namespaces: [...joined, { type: "mount" }] }),
    "the host's namespaces but for mounts": withNamespaces(
      ["mount"],
      {},
      {
        ...plainSpec(),
        hostname: "",
        mounts: plainSpec().mounts!.filter(({ type }) => type !== "sysfs" && type !== "mqueue"),
      },
    ),
    "a control group namespace": withNamespaces(["pid", "network", "ipc", "uts", "mount", "cgroup"]),
    "a user namespace": withNamespaces(["pid", "network", "ipc", "uts", "mount", "user"], {
      uidMappings: MAPPINGS,
      gidMappings: MAPPINGS,
    }),
    "a user namespace with files of the host's": withLinux(
      {
        namespaces: [...plainSpec().linux!.namespaces!, { type: "user" }],
        uidMappings: MAPPINGS,
        gidMappings: MAPPINGS,
      },
      {
        ...plainSpec(),
        mounts: [
          ...plainSpec().mounts!,
          bind("/usr/share", "/mnt", "rbind", "ro"),
          bind("/etc/hostname", "/etc/secret", "rprivate"),
          bind("/usr", "/root", "rbind", "rslave"),
        ],
      },
    ),
    "a user namespace, its user and a terminal": withProcess(
      { terminal: true, user: { uid: 1000, gid: 1000, additionalGids: [5] } },
      withNamespaces(["pid", "network", "ipc", "uts", "mount", "user", "cgroup"], {
        uidMappings: MAPPINGS,
        gidMappings: MAPPINGS,
      }).spec,
    ),
    "limits of its control groups": withLinux({
      resources: {
        memory: { limit: 64 << 20, swap: 128 << 20, reservation: 32 << 20, swappiness: 20, disableOOMKiller: true },
        cpu: { shares: 333, quota: 20_000, period: 50_000, cpus: "0", mems: "0" },
        pids: { limit: 50 },
        blockIO: { throttleReadBpsDevice: [{ major: 254, minor: 0, rate: 1 << 20 }] },
        devices: [{ allow: false, access: "rwm" }],
      },
    }),
    "no limit where -1 says so": withLinux({
      resources: { memory: { limit: -1, swap: -1 }, cpu: { quota: -1 }, pids: { limit: -1 } },
    }),
    "an exec": { spec: plainSpec(), exec: [] },
    "an exec of a user, elsewhere": {
      spec: plainSpec(),
      exec: ["--user", "1000:1001", "--additional-gids", "5", "--cwd", "/tmp", "--env", "A=b"],
    },
    "an exec at a terminal": { spec: plainSpec(), exec: ["--tty"] },
    "an exec with more and fewer capabilities": {
      ...withProcess({ capabilities: capabilities(DOCKER_CAPABILITIES) }),
      exec: ["--cap", "CAP_SYS_ADMIN", "--no-new-privs"],
    },
    "an exec in a user namespace": {
      ...withNamespaces(["pid", "network", "ipc", "uts", "mount", "user", "cgroup"], {
        uidMappings: MAPPINGS,
        gidMappings: MAPPINGS,
      }),
      exec: [],
    },
    "an exec under a filter": {
      ...withLinux({
        seccomp: {
          defaultAction: "SCMP_ACT_ALLOW",
          syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 28 }],
        },
      }),
      exec: [],
    },
  };
}
