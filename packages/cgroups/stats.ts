/** What a cgroup has used, in the same shape from v1 and v2. A part is missing where the host has no controller for it. */
import type { LinuxRdma } from "@eras/oci-spec/runtime/config-linux.ts";
import { ifPresent, readNestedKeyed } from "./control-file.ts";
import { present } from "./present.ts";

/** Bytes and nanoseconds. */
export interface CgroupStats {
  readonly cpu?: CpuTime;
  readonly throttling?: Throttling;
  /** Of v1. */
  readonly cpuset?: CpusetStats;
  readonly memory?: MemoryStats;
  readonly pids?: PidsStats;
  readonly io?: IoStats;
  /** By page size, `2MB`. */
  readonly hugetlb?: ReadonlyMap<string, HugetlbStats>;
  readonly rdma?: RdmaStats;
  /** Of v2 and hybrid hosts. */
  readonly pressure?: PressureStats;
}

/** Processor time. */
export interface CpuTime {
  readonly usageNs: number;
  /** Estimated from where the clock's ticks found the processes; on v1 in steps of 10 ms. */
  readonly userNs: number;
  readonly systemNs: number;
  /** Of each processor that could be there; v1 only. The last two are empty before Linux 4.8. */
  readonly perCpu?: {
    readonly usageNs: readonly number[];
    readonly userNs: readonly number[];
    readonly systemNs: readonly number[];
  };
}

/** What a quota did. */
export interface Throttling {
  /** Periods with something to run. */
  readonly periods: number;
  /** Those in which the quota ran out. */
  readonly throttledPeriods: number;
  readonly throttledNs: number;
}

/** Processors and memory nodes that may be used, and v1's switches by their names (`sched_load_balance`). */
export interface CpusetStats {
  readonly cpus: readonly number[];
  readonly mems: readonly number[];
  readonly switches: Readonly<Record<string, number>>;
}

/** One of the things that are limited in bytes. */
export interface MemoryCounter {
  readonly usageBytes: number;
  /** The most that was ever used; v2 tells it of memory only, since Linux 5.19. */
  readonly peakBytes?: number;
  /** Left out when there is none. */
  readonly limitBytes?: number;
  /** How often the limit was reached. */
  readonly limitHits: number;
}

export interface MemoryStats extends MemoryCounter {
  /** Memory and swap together, as v1 counts; on v2 of swap alone. Missing without swap accounting. */
  readonly swap?: MemoryCounter;
  /** A part of the memory; v1 only. */
  readonly kernel?: MemoryCounter;
  /** Buffers of sockets; v1 only. */
  readonly kernelTcp?: MemoryCounter;
  /** Memory of processes, and files of theirs that the kernel keeps in memory. */
  readonly anonBytes: number;
  readonly fileBytes: number;
  /** memory.stat as it is, for those who know the kernel's words. */
  readonly detail: Readonly<Record<string, number>>;
  /** memory.events of v2, memory.oom_control of v1, as they are; both count the killed in `oom_kill`. */
  readonly events: Readonly<Record<string, number>>;
}

export interface PidsStats {
  readonly current: number;
  readonly limit?: number;
  /** Forks refused. */
  readonly limitHits: number;
}

/** Counters of what went through the disks, by the names that v1 gives them. v2 has the first two. */
export const IO_COUNTERS = [
  ...[
    "io_service_bytes",
    "io_serviced",
    "io_queued",
    "io_service_time",
    "io_wait_time",
    "io_merged",
    "time",
    "sectors",
  ],
] as const;

/** By counter; what is not counted is missing, or empty. */
export type IoStats = { readonly [counter: string]: readonly IoCount[] };

/** One counter of one disk. */
export interface IoCount {
  readonly major: number;
  readonly minor: number;
  /** `Read`, `Write`, `Sync`, `Async`, `Discard`, `Total`; left out where these are not told apart. */
  readonly operation?: string;
  readonly value: number;
}

export interface HugetlbStats {
  readonly usageBytes: number;
  /** Of v1. */
  readonly peakBytes?: number;
  readonly limitHits: number;
}

/** By device. */
export interface RdmaStats {
  readonly current: ReadonlyMap<string, LinuxRdma>;
  readonly limit: ReadonlyMap<string, LinuxRdma>;
}

/** How long processes waited because a resource was scarce. */
export interface PressureStats {
  readonly cpu?: Pressure;
  readonly memory?: Pressure;
  readonly io?: Pressure;
}

/** @see https://docs.kernel.org/accounting/psi.html */
interface Pressure {
  /** At least one process waited. */
  readonly some: PressureLine;
  /** All of them waited. */
  readonly full?: PressureLine;
}

/** Per cent of the last 10, 60 and 300 seconds, and microseconds since the start. */
interface PressureLine {
  readonly avg10: number;
  readonly avg60: number;
  readonly avg300: number;
  readonly total: number;
}

/** Reads the pressure files of a v2 directory. The kernel may have been built or booted without them. */
export function readPressureStats(dir: string): PressureStats {
  return present({
    cpu: readPressure(dir, "cpu.pressure"),
    memory: readPressure(dir, "memory.pressure"),
    io: readPressure(dir, "io.pressure"),
  });
}

function readPressure(dir: string, name: string): Pressure | undefined {
  const keyed = ifPresent(() => readNestedKeyed(dir, name));
  return keyed && (Object.fromEntries(keyed) as unknown as Pressure); // the file's keys are the type's
}
