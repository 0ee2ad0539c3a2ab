/** What a cgroup has used, in the same shape from v1 and v2. A part is missing where the host has no controller for it. */
import { ifPresent, readNestedKeyed } from "./control-file.ts";

/** Bytes and microseconds. */
export interface CgroupStats {
  readonly cpu?: CpuStats;
  readonly memory?: MemoryStats;
  readonly pids?: PidsStats;
  /** By disk, `major:minor`. */
  readonly io?: ReadonlyMap<string, IoStats>;
  /** By page size, `2MB`. */
  readonly hugetlb?: ReadonlyMap<string, HugetlbStats>;
  /** Of v2 and hybrid hosts. */
  readonly pressure?: PressureStats;
}

export interface CpuStats {
  readonly usageUs: number;
  readonly userUs: number;
  readonly systemUs: number;
  /** Periods with something to run, when there is a quota. */
  readonly periods: number;
  /** Those in which the quota ran out. */
  readonly throttledPeriods: number;
  readonly throttledUs: number;
}

export interface MemoryStats {
  readonly usageBytes: number;
  /** The most that was ever used. */
  readonly peakBytes?: number;
  readonly limitBytes?: number;
  readonly swapBytes?: number;
  /** Memory of processes, and files of theirs that the kernel keeps in memory. */
  readonly anonBytes: number;
  readonly fileBytes: number;
  /** How often the limit was reached. */
  readonly limitHits: number;
  /** Processes killed for lack of memory. */
  readonly oomKills: number;
  /** memory.stat as it is, for those who know the kernel's words. */
  readonly detail: Readonly<Record<string, number>>;
}

export interface PidsStats {
  readonly current: number;
  readonly limit?: number;
  /** Forks refused. */
  readonly limitHits: number;
}

export interface IoStats {
  readonly readBytes: number;
  readonly writeBytes: number;
  readonly readOperations: number;
  readonly writeOperations: number;
}

export interface HugetlbStats {
  readonly usageBytes: number;
  readonly limitHits: number;
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

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The entries of an object that are not undefined. */
export function present<T extends object>(parts: T): Present<T> {
  return Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined)) as Present<T>;
}
