/**
 * How Linux holds a container: `linux` of config.json.
 *
 * `resources` fits `CgroupResources` of packages/cgroups, and `seccomp` fits `SeccompProfile` of packages/linux but for its
 * architectures, of which the specification names more than have a table there.
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

/** Limits of the container's cgroup. */
export interface LinuxResources {
  /** In order; the last rule that matches an access decides. */
  readonly devices?: readonly LinuxDeviceCgroup[];
  readonly memory?: LinuxMemory;
  readonly cpu?: LinuxCPU;
  readonly pids?: LinuxPids;
  readonly blockIO?: LinuxBlockIO;
  readonly hugepageLimits?: readonly LinuxHugepageLimit[];
  readonly network?: LinuxNetwork;
  /** By device: `mlx5_1`. */
  readonly rdma?: Readonly<Record<string, LinuxRdma>>;
  /** Files of cgroup v2 and what to write: `{"memory.high": "100M"}`. */
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

/** Bytes; -1 means no limit. */
export interface LinuxMemory {
  readonly limit?: number;
  /** What the kernel tries to leave when memory gets scarce. */
  readonly reservation?: number;
  /** Memory and swap together. */
  readonly swap?: number;
  /** Of the kernel; modern ones have no such limit, and runc passes over it. */
  readonly kernel?: number;
  /** Of the network buffers; cgroup v1 only. */
  readonly kernelTCP?: number;
  /** 0 to 100; cgroup v1 only. */
  readonly swappiness?: number;
  readonly disableOOMKiller?: boolean;
  /** Of old kernels' v1: limits hold for what is below too. */
  readonly useHierarchy?: boolean;
  /** Refuse a limit below what is in use. */
  readonly checkBeforeUpdate?: boolean;
}

/** Times in microseconds. */
export interface LinuxCPU {
  /** Weight: 2 to 262144, 1024 for everybody who doesn't say. */
  readonly shares?: number;
  /** Processor time in each period; -1 means no limit. */
  readonly quota?: number;
  /** Unused quota that may be saved for later. */
  readonly burst?: number;
  readonly period?: number;
  readonly realtimeRuntime?: number;
  readonly realtimePeriod?: number;
  /** Processors, as a list: `0-2,7`. */
  readonly cpus?: string;
  /** Memory nodes, as a list. */
  readonly mems?: string;
  /** 1: run only when nobody else wants to. */
  readonly idle?: number;
}

/** How many tasks; -1 means no limit. */
export interface LinuxPids {
  readonly limit: number;
}

/** Of disks. */
export interface LinuxBlockIO {
  /** 10 to 1000. */
  readonly weight?: number;
  /** The same, against the cgroup's own children; only old kernels know it. */
  readonly leafWeight?: number;
  readonly weightDevice?: readonly LinuxWeightDevice[];
  readonly throttleReadBpsDevice?: readonly LinuxThrottleDevice[];
  readonly throttleWriteBpsDevice?: readonly LinuxThrottleDevice[];
  readonly throttleReadIOPSDevice?: readonly LinuxThrottleDevice[];
  readonly throttleWriteIOPSDevice?: readonly LinuxThrottleDevice[];
}

/** The weight for one disk. */
export interface LinuxWeightDevice {
  readonly major: number;
  readonly minor: number;
  readonly weight: number;
  readonly leafWeight?: number;
}

/** Bytes or operations per second for one disk. */
export interface LinuxThrottleDevice {
  readonly major: number;
  readonly minor: number;
  readonly rate: number;
}

/** Bytes of huge pages of one size. */
export interface LinuxHugepageLimit {
  /** `2MB`, `1GB`. */
  readonly pageSize: string;
  readonly limit: number;
}

/** Marks for what the container sends: cgroup v1's net_cls and net_prio. */
export interface LinuxNetwork {
  readonly classID?: number;
  readonly priorities?: readonly LinuxInterfacePriority[];
}

/** The priority on one interface of the host. */
export interface LinuxInterfacePriority {
  readonly name: string;
  readonly priority: number;
}

/** Of one RDMA device. */
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
