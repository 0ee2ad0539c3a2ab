/**
 * Statistics as `runc events --stats` prints them, which programs read that know runc: one line of JSON.
 *
 *     {"type":"stats","id":"web","data":{"cpu":{…},"cpuset":{…},"memory":{…},"pids":{…},"blkio":{…},"hugetlb":{…},…}}
 *
 * Numbers that are 0 are left out, but for those that the format has always shown.
 *
 * @see https://github.com/opencontainers/runc/blob/v1.1.5/types/events.go
 */
import type { CgroupStats, CpuTime, HugetlbStats, IoCount, IoStats, MemoryCounter, MemoryStats } from "./stats.ts";

/** What belongs into an event beside the reading. */
interface EventContext {
  /** Whether the host is a pure v2 one: v1 and hybrid hosts say "no limit" with another number. */
  readonly isV2: boolean;
  /** Of cache and memory bandwidth. */
  readonly shares?: object | undefined;
}

/** The event of one reading. */
export function runcStatsEvent(id: string, stats: CgroupStats, context: EventContext): string {
  return toJson({ type: "stats", id, data: runcStats(stats, context) });
}

function runcStats(stats: CgroupStats, { isV2, shares = {} }: EventContext): object {
  const { cpu, throttling, cpuset, memory, pids, io = {}, hugetlb = new Map<string, HugetlbStats>() } = stats;
  return {
    cpu: {
      usage: cpuUsage(cpu),
      throttling: withoutZeros({
        periods: throttling?.periods,
        throttledPeriods: throttling?.throttledPeriods,
        throttledTime: throttling?.throttledNs,
      }),
    },
    cpuset: cpusetOf(cpuset),
    memory: memoryOf(memory, isV2),
    pids: withoutZeros({ current: pids?.current, limit: pids?.limit }),
    blkio: blkioOf(io),
    hugetlb: Object.fromEntries([...hugetlb].sort().map(([pageSize, counter]) => [pageSize, hugepages(counter)])),
    intel_rdt: shares,
    network_interfaces: null,
  };
}

function cpuUsage({ usageNs, perCpu, systemNs, userNs }: CpuTime = { usageNs: 0, userNs: 0, systemNs: 0 }): object {
  return {
    ...withoutZeros({
      total: usageNs,
      percpu: perCpu?.usageNs,
      percpu_kernel: perCpu?.systemNs,
      percpu_user: perCpu?.userNs,
    }),
    kernel: systemNs,
    user: userNs,
  };
}

function cpusetOf({ cpus, mems, switches }: CgroupStats["cpuset"] = { cpus: [], mems: [], switches: {} }): object {
  const read = (name: string) => switches[name] ?? 0;
  return {
    ...withoutZeros({ cpus }),
    cpu_exclusive: read("cpu_exclusive"),
    ...withoutZeros({ mems }),
    mem_hardwall: read("mem_hardwall"),
    mem_exclusive: read("mem_exclusive"),
    memory_migrate: read("memory_migrate"),
    memory_spread_page: read("memory_spread_page"),
    memory_spread_slab: read("memory_spread_slab"),
    memory_pressure: read("memory_pressure"),
    sched_load_balance: read("sched_load_balance"),
    sched_relax_domain_level: read("sched_relax_domain_level"),
  };
}

/** v1's largest number of whole pages, of 4 KiB; the largest number at all on v2. */
const NO_LIMIT = { v1: 2n ** 63n - 4096n, v2: 2n ** 64n - 1n };

function memoryOf(memory: MemoryStats | undefined, isV2: boolean): object {
  const entry = isV2 ? v2Entry : v1Entry;
  return {
    ...withoutZeros({ cache: memory?.detail[isV2 ? "file" : "cache"] }),
    usage: entry(memory),
    swap: isV2 && memory !== undefined ? memoryAndSwap(memory) : entry(memory?.swap),
    kernel: entry(memory?.kernel),
    kernelTCP: entry(memory?.kernelTcp),
    ...withoutZeros({ raw: memory && sorted(memory.detail) }),
  };
}

function v1Entry(counter: MemoryCounter | undefined): object {
  if (counter === undefined) return { limit: 0, failcnt: 0 };
  const { limitBytes, usageBytes, peakBytes, limitHits } = counter;
  return {
    limit: limitBytes ?? NO_LIMIT.v1,
    ...withoutZeros({ usage: usageBytes, max: peakBytes }),
    failcnt: limitHits,
  };
}

/** What runc doesn't read on v2, the peak and how often the limit was hit, is 0. */
function v2Entry(counter: MemoryCounter | undefined): object {
  if (counter === undefined) return { limit: 0, failcnt: 0 };
  return { limit: counter.limitBytes ?? NO_LIMIT.v2, ...withoutZeros({ usage: counter.usageBytes }), failcnt: 0 };
}

/** v1 counts memory and swap together; for the sake of its readers runc adds up v2's, as numbers of 64 bits. */
function memoryAndSwap({ usageBytes, limitBytes, swap }: MemoryStats): object {
  const swapLimit = swap === undefined ? 0n : toBigInt(swap.limitBytes);
  const limit = BigInt.asUintN(64, swapLimit === NO_LIMIT.v2 ? swapLimit : swapLimit + toBigInt(limitBytes));
  return { limit, ...withoutZeros({ usage: usageBytes + (swap?.usageBytes ?? 0) }), failcnt: 0 };
}

function toBigInt(limitBytes: number | undefined): bigint {
  return limitBytes === undefined ? NO_LIMIT.v2 : BigInt(limitBytes);
}

/** runc's names; one of them lacks a letter. */
const BLKIO_NAMES = {
  io_service_bytes: "ioServiceBytesRecursive",
  io_serviced: "ioServicedRecursive",
  io_queued: "ioQueueRecursive",
  io_service_time: "ioServiceTimeRecursive",
  io_wait_time: "ioWaitTimeRecursive",
  io_merged: "ioMergedRecursive",
  time: "ioTimeRecursive",
  sectors: "sectorsRecursive",
};

function blkioOf(io: IoStats): object {
  const tables = Object.entries(BLKIO_NAMES).map(([counter, name]) => [name, (io[counter] ?? []).map(blkioEntry)]);
  return withoutZeros(Object.fromEntries(tables));
}

function blkioEntry({ major, minor, operation, value }: IoCount): object {
  return withoutZeros({ major, minor, op: operation, value });
}

function hugepages({ usageBytes, peakBytes, limitHits }: HugetlbStats): object {
  return { ...withoutZeros({ usage: usageBytes, max: peakBytes }), failcnt: limitHits };
}

function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Leaves out what Go's `omitempty` would: 0, and empty lists and maps. */
function withoutZeros(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const isZero = (value: unknown) => !value || (typeof value === "object" && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => !isZero(value)));
}

/** Whole numbers with all their digits: readers take them for integers of 64 bits. */
function toJson(value: object): string {
  return JSON.stringify(value, (_, part: unknown) => (isLarge(part) ? rawJson(String(BigInt(part))) : part));
}

function isLarge(value: unknown): value is number | bigint {
  return typeof value === "bigint" || (typeof value === "number" && value > Number.MAX_SAFE_INTEGER);
}

/** In every Node since 22, but not yet in TypeScript's library. */
const rawJson = (JSON as JSON & { rawJSON(text: string): unknown }).rawJSON;
