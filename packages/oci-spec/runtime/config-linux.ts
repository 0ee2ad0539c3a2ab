/**
 * How Linux holds a container: `linux` of config.json.
 *
 * `seccomp` fits `SeccompProfile` of packages/linux but for its architectures, of which the specification names more than have a table
 * there.
 *
 * @see https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md
 */
import type { LinuxSeccomp } from "./config-seccomp.ts";

/** All of `linux`. */
export interface Linux {
  /** Of the new user namespace: user_namespaces(7). */
  readonly uidMappings?: readonly LinuxIDMapping[];
  readonly gidMappings?: readonly LinuxIDMapping[];
  /** Files of /proc/sys by name with dots, and what to write: `{"net.ipv4.ip_forward": "1"}`. */
  readonly sysctl?: Readonly<Record<string, string>>;
  readonly resources?: LinuxResources;
  /** Absolute: below the mount points of the cgroups. Relative: the runtime decides. With systemd: `slice:prefix:name`. */
  readonly cgroupsPath?: string;
  /** What is not listed is shared with the runtime. */
  readonly namespaces?: readonly LinuxNamespace[];
  /** In addition to those that every container has. */
  readonly devices?: readonly LinuxDevice[];
  /** Host interfaces to move into the container, by name; since 1.3. */
  readonly netDevices?: Readonly<Record<string, LinuxNetDevice>>;
  readonly seccomp?: LinuxSeccomp;
  /** How mounts spread between "/" of the container and of the host: `private`, `rslave` …; mount_namespaces(7). */
  readonly rootfsPropagation?: string;
  /** Nobody can read what is there. */
  readonly maskedPaths?: readonly string[];
  readonly readonlyPaths?: readonly string[];
  /** SELinux context of the mounts. */
  readonly mountLabel?: string;
  readonly intelRdt?: LinuxIntelRdt;
  readonly memoryPolicy?: LinuxMemoryPolicy;
  readonly personality?: LinuxPersonality;
  /** By clock, `monotonic` and `boottime`: time_namespaces(7). */
  readonly timeOffsets?: Readonly<Record<string, LinuxTimeOffset>>;
}

/** A namespace of its own, or with a path one that exists. */
export interface LinuxNamespace {
  readonly type: LinuxNamespaceType;
  /** Absolute, in the runtime's mount namespace: `/proc/<pid>/ns/net`. */
  readonly path?: string;
}

/** See namespaces(7). */
export type LinuxNamespaceType = "pid" | "network" | "mount" | "ipc" | "uts" | "user" | "cgroup" | "time";

/** `size` IDs from `containerID` on are those from `hostID` on, seen from outside. */
export interface LinuxIDMapping {
  readonly containerID: number;
  readonly hostID: number;
  readonly size: number;
}

/** What is added to a clock. */
export interface LinuxTimeOffset {
  readonly secs?: number;
  readonly nanosecs?: number;
}

/** A device file to make: mknod(2). */
export interface LinuxDevice {
  /** In the container, absolute. */
  readonly path: string;
  /** Block, character (`u` unbuffered is the same), FIFO. */
  readonly type: "b" | "c" | "u" | "p";
  /** Not for FIFOs. */
  readonly major?: number;
  readonly minor?: number;
  /** Permissions, as a number: 438 is 0o666. */
  readonly fileMode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

/** What becomes of a host interface. */
export interface LinuxNetDevice {
  /** Its new name; the old one if left out. */
  readonly name?: string;
}

/** Limits of the container's cgroup. What is left out keeps its present value. */
export interface LinuxResources {
  /** In order; the last rule that matches an access decides. A list that doesn't begin with a rule for all devices begins with none allowed. */
  readonly devices?: readonly LinuxDeviceCgroup[];
  readonly memory?: LinuxMemory;
  readonly cpu?: LinuxCPU;
  readonly pids?: LinuxPids;
  readonly blockIO?: LinuxBlockIO;
  readonly hugepageLimits?: readonly LinuxHugepageLimit[];
  readonly network?: LinuxNetwork;
  /** By RDMA device: `mlx5_1`. */
  readonly rdma?: Readonly<Record<string, LinuxRdma>>;
  /** Raw control files of cgroup v2, written last: `{"memory.high": "100M"}`. */
  readonly unified?: Readonly<Record<string, string>>;
}

/** A rule for using devices. */
export interface LinuxDeviceCgroup {
  readonly allow: boolean;
  /** All kinds, `a`, if left out. */
  readonly type?: "a" | "b" | "c";
  /** All numbers, if left out or -1. */
  readonly major?: number;
  readonly minor?: number;
  /** Some of `r`, `w`, and `m` for mknod. */
  readonly access?: string;
}

/** Bytes; -1 means no limit, 0 leaves it alone. */
export interface LinuxMemory {
  readonly limit?: number;
  /** What the kernel tries to leave when memory gets scarce. */
  readonly reservation?: number;
  /** Memory and swap together, as v1 counts; never less than `limit`. Left alone beside a `limit` of -1 it is -1 too. */
  readonly swap?: number;
  /** Ignored, as runc does since 1.1: the kernel dropped the limits of its own memory in Linux 5.16. */
  readonly kernel?: number;
  /** Of the network buffers; cgroup v1 only. */
  readonly kernelTCP?: number;
  /** 0 to 100, -1 leaves it alone; v2 has none, and ignores it. */
  readonly swappiness?: number;
  /** Processes wait for memory where they would be killed; v2 can't, and ignores it. False leaves it alone. */
  readonly disableOOMKiller?: boolean;
  /** Ignored: limits of v1 hold for children too since Linux 5.11 and on all hosts that turned it on before. */
  readonly useHierarchy?: boolean;
  /** Refuse a limit below what is in use, where the kernel would kill. */
  readonly checkBeforeUpdate?: boolean;
}

/** Times in microseconds. */
export interface LinuxCPU {
  /** Weight against the neighbours in v1's measure: 2 to 262144, 1024 for everybody who doesn't say; 0 leaves it alone. */
  readonly shares?: number;
  /** Processor time in each period; -1 means no limit, 0 leaves it alone. */
  readonly quota?: number;
  /** Unused quota that may be saved for later. */
  readonly burst?: number;
  readonly period?: number;
  /** v1 only, and only on kernels with CONFIG_RT_GROUP_SCHED; v2 ignores them. */
  readonly realtimeRuntime?: number;
  readonly realtimePeriod?: number;
  /** Processors, as a list: `0-2,7`. */
  readonly cpus?: string;
  /** Memory nodes, as a list. */
  readonly mems?: string;
  /** 1: run only when nobody else wants to. */
  readonly idle?: number;
}

/** How many tasks, threads too; -1 means no limit, 0 leaves it alone. */
export interface LinuxPids {
  readonly limit: number;
}

/** Of disks. */
export interface LinuxBlockIO {
  /** 10 to 1000, as v1 counts; 0 leaves it alone. */
  readonly weight?: number;
  /** Of the cgroup's own processes against its children; only v1 before Linux 5.0 knows it. */
  readonly leafWeight?: number;
  readonly weightDevice?: readonly LinuxWeightDevice[];
  readonly throttleReadBpsDevice?: readonly LinuxThrottleDevice[];
  readonly throttleWriteBpsDevice?: readonly LinuxThrottleDevice[];
  readonly throttleReadIOPSDevice?: readonly LinuxThrottleDevice[];
  readonly throttleWriteIOPSDevice?: readonly LinuxThrottleDevice[];
}

/** The weights for one disk. */
export interface LinuxWeightDevice {
  readonly major: number;
  readonly minor: number;
  readonly weight?: number;
  readonly leafWeight?: number;
}

/** Bytes or operations per second for one disk; 0 means no limit. */
export interface LinuxThrottleDevice {
  readonly major: number;
  readonly minor: number;
  readonly rate: number;
}

/** Bytes of huge pages of one size: of those in use, and of those reserved where the kernel counts them (since Linux 5.7). */
export interface LinuxHugepageLimit {
  /** `2MB`, `1GB`: the names of the control files. */
  readonly pageSize: string;
  readonly limit: number;
}

/** Marks for what the container sends: v1's net_cls and net_prio. v2 has firewalls match the cgroup itself, and ignores them. */
export interface LinuxNetwork {
  /** For tc(8) and iptables(8), 0xAAAABBBB for `AAAA:BBBB`; 0 leaves it alone. */
  readonly classID?: number;
  /** By interface of the host. */
  readonly priorities?: readonly LinuxInterfacePriority[];
}

/** Larger goes first. */
export interface LinuxInterfacePriority {
  readonly name: string;
  readonly priority: number;
}

/** What may be open at one RDMA device. */
export interface LinuxRdma {
  readonly hcaHandles?: number;
  readonly hcaObjects?: number;
}

/** Shares of cache and memory bandwidth: the kernel's resctrl. */
export interface LinuxIntelRdt {
  readonly closID?: string;
  readonly schemata?: readonly string[];
  readonly l3CacheSchema?: string;
  readonly memBwSchema?: string;
  readonly enableCMT?: boolean;
  readonly enableMBM?: boolean;
  /** Since 1.3 in place of the two before. */
  readonly enableMonitoring?: boolean;
}

/** From which memory nodes pages come: set_mempolicy(2); since 1.3. */
export interface LinuxMemoryPolicy {
  /** `MPOL_BIND` … */
  readonly mode: string;
  readonly nodes?: string;
  readonly flags?: readonly string[];
}

/** What machine the process believes to be on: personality(2). */
export interface LinuxPersonality {
  readonly domain: "LINUX" | "LINUX32";
  /** None is defined. */
  readonly flags?: readonly string[];
}
