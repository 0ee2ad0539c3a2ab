/**
 * What a cgroup may be told to limit, in the words of the OCI runtime specification (`linux.resources` of config.json), so that a
 * bundle's part can be handed over as it is. Every field may be left out: it then keeps its present value.
 *
 * @see https://github.com/opencontainers/runtime-spec/blob/v1.1.0/config-linux.md#control-groups
 */
import type { DeviceRule } from "@eras/linux/device-program.ts";

/** All limits of one cgroup. */
export interface CgroupResources {
  readonly memory?: MemoryResources;
  readonly cpu?: CpuResources;
  readonly pids?: PidsResources;
  readonly blockIO?: BlockIOResources;
  readonly hugepageLimits?: readonly HugepageLimit[];
  /** In order; the last rule that matches an access decides. */
  readonly devices?: readonly DeviceRule[];
  /** Raw control files of cgroup v2, written last: `{"memory.high": "100M"}`. */
  readonly unified?: Readonly<Record<string, string>>;
}

/** Bytes; -1 means no limit. */
export interface MemoryResources {
  readonly limit?: number;
  /** What the kernel tries to leave when memory gets scarce. */
  readonly reservation?: number;
  /** Memory and swap together, as v1 counts; never less than `limit`. */
  readonly swap?: number;
  /** Of the network buffers; v1 only. */
  readonly kernelTCP?: number;
  /** 0 to 100; v1 only. */
  readonly swappiness?: number;
  /** Processes wait for memory where they would be killed; v1 only. */
  readonly disableOOMKiller?: boolean;
  /** Refuse a limit below what is in use, where the kernel would kill. */
  readonly checkBeforeUpdate?: boolean;
}

/** Times in microseconds. */
export interface CpuResources {
  /** Weight against the neighbours in v1's measure: 2 to 262144, 1024 for everybody who doesn't say. */
  readonly shares?: number;
  /** Processor time in each period; -1 means no limit. */
  readonly quota?: number;
  readonly period?: number;
  /** Unused quota that may be saved for later. */
  readonly burst?: number;
  /** v1 only, and only on kernels with CONFIG_RT_GROUP_SCHED. */
  readonly realtimeRuntime?: number;
  readonly realtimePeriod?: number;
  /** 1: run only when nobody else wants to. */
  readonly idle?: number;
  /** Processors, as a list: `0-2,7`. */
  readonly cpus?: string;
  /** Memory nodes, as a list. */
  readonly mems?: string;
}

/** How many tasks, threads too; -1 means no limit, and 0 leaves the limit alone, as runc has it. */
export interface PidsResources {
  readonly limit: number;
}

/** Of disks. */
export interface BlockIOResources {
  /** 10 to 1000, as v1 counts. */
  readonly weight?: number;
  readonly weightDevice?: readonly WeightDevice[];
  readonly throttleReadBpsDevice?: readonly ThrottleDevice[];
  readonly throttleWriteBpsDevice?: readonly ThrottleDevice[];
  readonly throttleReadIOPSDevice?: readonly ThrottleDevice[];
  readonly throttleWriteIOPSDevice?: readonly ThrottleDevice[];
}

/** The weight for one disk. */
interface WeightDevice {
  readonly major: number;
  readonly minor: number;
  readonly weight: number;
}

/** Bytes or operations per second for one disk; 0 means no limit. */
export interface ThrottleDevice {
  readonly major: number;
  readonly minor: number;
  readonly rate: number;
}

/** Bytes of huge pages of one size. */
export interface HugepageLimit {
  /** `2MB`, `1GB`: the names of the control files. */
  readonly pageSize: string;
  readonly limit: number;
}
