/**
 * What a cgroup may be told to limit, in the words of the OCI runtime specification, so that `linux.resources` of a bundle's
 * config.json can be handed over as it is. What is left out keeps its present value.
 *
 * @see https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md#control-groups
 */
import type { DeviceRule } from "@eras/linux/device-program.ts";

/** All limits of one cgroup. */
export interface CgroupResources {
  readonly memory?: MemoryResources;
  readonly cpu?: CpuResources;
  readonly pids?: PidsResources;
  readonly blockIO?: BlockIOResources;
  readonly hugepageLimits?: readonly HugepageLimit[];
  readonly network?: NetworkResources;
  /** By RDMA device: `mlx5_1`. */
  readonly rdma?: Readonly<Record<string, RdmaLimit>>;
  /** What may be used; a list that doesn't begin with a rule for all devices begins with none allowed. */
  readonly devices?: readonly DeviceRule[];
  /** Raw control files of cgroup v2, written last: `{"memory.high": "100M"}`. */
  readonly unified?: Readonly<Record<string, string>>;
}

/** Bytes; -1 means no limit, 0 leaves it alone. */
export interface MemoryResources {
  readonly limit?: number;
  /** What the kernel tries to leave when memory gets scarce. */
  readonly reservation?: number;
  /** Memory and swap together, as v1 counts; never less than `limit`. Left alone beside a `limit` of -1 it is -1 too. */
  readonly swap?: number;
  /** Ignored, as runc does since 1.1: the kernel dropped the limits of its own memory in Linux 5.16. */
  readonly kernel?: number;
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
export interface CpuResources {
  /** Weight against the neighbours in v1's measure: 2 to 262144, 1024 for everybody who doesn't say; 0 leaves it alone. */
  readonly shares?: number;
  /** Processor time in each period; -1 means no limit, 0 leaves it alone. */
  readonly quota?: number;
  readonly period?: number;
  /** Unused quota that may be saved for later. */
  readonly burst?: number;
  /** v1 only, and only on kernels with CONFIG_RT_GROUP_SCHED; v2 ignores them. */
  readonly realtimeRuntime?: number;
  readonly realtimePeriod?: number;
  /** 1: run only when nobody else wants to. */
  readonly idle?: number;
  /** Processors, as a list: `0-2,7`. */
  readonly cpus?: string;
  /** Memory nodes, as a list. */
  readonly mems?: string;
}

/** How many tasks, threads too; -1 means no limit, 0 leaves it alone. */
export interface PidsResources {
  readonly limit: number;
}

/** Of disks. */
export interface BlockIOResources {
  /** 10 to 1000, as v1 counts; 0 leaves it alone. */
  readonly weight?: number;
  /** Of the cgroup's own processes against its children; only v1 before Linux 5.0 knows it. */
  readonly leafWeight?: number;
  readonly weightDevice?: readonly WeightDevice[];
  readonly throttleReadBpsDevice?: readonly ThrottleDevice[];
  readonly throttleWriteBpsDevice?: readonly ThrottleDevice[];
  readonly throttleReadIOPSDevice?: readonly ThrottleDevice[];
  readonly throttleWriteIOPSDevice?: readonly ThrottleDevice[];
}

/** The weights for one disk. */
interface WeightDevice {
  readonly major: number;
  readonly minor: number;
  readonly weight?: number;
  readonly leafWeight?: number;
}

/** Bytes or operations per second for one disk; 0 means no limit. */
export interface ThrottleDevice {
  readonly major: number;
  readonly minor: number;
  readonly rate: number;
}

/** Bytes of huge pages of one size: of those in use, and of those reserved where the kernel counts them (since Linux 5.7). */
export interface HugepageLimit {
  /** `2MB`, `1GB`: the names of the control files. */
  readonly pageSize: string;
  readonly limit: number;
}

/** Marks for what is sent; v1 only, where v2 has firewalls match the cgroup itself, and ignores them. */
export interface NetworkResources {
  /** For tc(8) and iptables(8), 0xAAAABBBB for `AAAA:BBBB`; 0 leaves it alone. */
  readonly classID?: number;
  /** By interface of the host. */
  readonly priorities?: readonly InterfacePriority[];
}

/** Larger goes first. */
export interface InterfacePriority {
  readonly name: string;
  readonly priority: number;
}

/** What is open at one RDMA device. */
export interface RdmaLimit {
  readonly hcaHandles?: number;
  readonly hcaObjects?: number;
}
