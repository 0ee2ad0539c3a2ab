/** What a container uses, in the message that containerd's clients know: io.containerd.cgroups.v1.Metrics or v2's. */

import type { CgroupPaths } from "@eras/cgroups/container-paths.ts";
import { cgroupMounts } from "@eras/cgroups/detect.ts";
import { readCgroupStats } from "@eras/cgroups/read-stats.ts";
import type { CgroupStats, MemoryCounter } from "@eras/cgroups/stats.ts";
import { packAny } from "../proto/any.ts";
import { type Metrics as MetricsV1, MetricsSchema as MetricsV1Schema } from "../proto/gen/cgroups-v1_pb.ts";
import { type Metrics as MetricsV2, MetricsSchema as MetricsV2Schema } from "../proto/gen/cgroups-v2_pb.ts";
import type { Any } from "../proto/gen/google/protobuf/any_pb.ts";
import type { Init } from "../proto/message.ts";
import { blkioV1, ioV2 } from "./disk-metrics.ts";

/** No limit, as v1's files say it: the largest number of pages. */
const UNLIMITED_V1 = 0x7fff_ffff_ffff_f000n;
const UNLIMITED_V2 = 0xffff_ffff_ffff_ffffn;

/** What a cgroup has used. */
export function cgroupMetrics(paths: CgroupPaths): Any {
  const stats = readCgroupStats(paths);
  return cgroupMounts().v1.size > 0
    ? packAny(MetricsV1Schema, metricsV1(stats))
    : packAny(MetricsV2Schema, metricsV2(stats));
}

function metricsV1({ cpu, throttling, memory, pids, io, hugetlb }: CgroupStats): Init<MetricsV1> {
  return {
    ...(pids && { pids: { current: BigInt(pids.current), limit: BigInt(pids.limit ?? 0) } }),
    ...(cpu && {
      cpu: {
        usage: {
          total: BigInt(cpu.usageNs),
          kernel: BigInt(cpu.systemNs),
          user: BigInt(cpu.userNs),
          perCpu: (cpu.perCpu?.usageNs ?? []).map(BigInt),
        },
        throttling: {
          periods: BigInt(throttling?.periods ?? 0),
          throttledPeriods: BigInt(throttling?.throttledPeriods ?? 0),
          throttledTime: BigInt(throttling?.throttledNs ?? 0),
        },
      },
    }),
    ...(memory && { memory: memoryV1(memory), memoryOomControl: oomControl(memory.events) }),
    ...(io && { blkio: blkioV1(io) }),
    hugetlb: [...(hugetlb ?? [])].map(([pagesize, { usageBytes, limitHits }]) => ({
      pagesize,
      usage: BigInt(usageBytes),
      failcnt: BigInt(limitHits),
    })),
  };
}

type Memory = NonNullable<CgroupStats["memory"]>;

/** memory.stat has the message's fields by almost their names. */
function memoryV1(memory: Memory): NonNullable<Init<MetricsV1>["memory"]> {
  const of = (name: string) => BigInt(memory.detail[name] ?? 0);
  const entry = (counter: MemoryCounter | undefined) => counter && memoryEntry(counter);
  return {
    cache: of("cache"),
    rss: of("rss"),
    rssHuge: of("rss_huge"),
    mappedFile: of("mapped_file"),
    dirty: of("dirty"),
    writeback: of("writeback"),
    pgPgIn: of("pgpgin"),
    pgPgOut: of("pgpgout"),
    pgFault: of("pgfault"),
    pgMajFault: of("pgmajfault"),
    inactiveAnon: of("inactive_anon"),
    activeAnon: of("active_anon"),
    inactiveFile: of("inactive_file"),
    activeFile: of("active_file"),
    unevictable: of("unevictable"),
    hierarchicalMemoryLimit: of("hierarchical_memory_limit"),
    hierarchicalSwapLimit: of("hierarchical_memsw_limit"),
    totalCache: of("total_cache"),
    totalRss: of("total_rss"),
    totalRssHuge: of("total_rss_huge"),
    totalMappedFile: of("total_mapped_file"),
    totalDirty: of("total_dirty"),
    totalWriteback: of("total_writeback"),
    totalPgPgIn: of("total_pgpgin"),
    totalPgPgOut: of("total_pgpgout"),
    totalPgFault: of("total_pgfault"),
    totalPgMajFault: of("total_pgmajfault"),
    totalInactiveAnon: of("total_inactive_anon"),
    totalActiveAnon: of("total_active_anon"),
    totalInactiveFile: of("total_inactive_file"),
    totalActiveFile: of("total_active_file"),
    totalUnevictable: of("total_unevictable"),
    usage: entry(memory),
    swap: entry(memory.swap),
    kernel: entry(memory.kernel),
    kernelTcp: entry(memory.kernelTcp),
  };
}

function memoryEntry({ limitBytes, usageBytes, peakBytes, limitHits }: MemoryCounter) {
  return {
    limit: limitBytes === undefined ? UNLIMITED_V1 : BigInt(limitBytes),
    usage: BigInt(usageBytes),
    max: BigInt(peakBytes ?? 0),
    failcnt: BigInt(limitHits),
  };
}

function oomControl(events: Memory["events"]): NonNullable<Init<MetricsV1>["memoryOomControl"]> {
  const of = (name: string) => BigInt(events[name] ?? 0);
  return { oomKillDisable: of("oom_kill_disable"), underOom: of("under_oom"), oomKill: of("oom_kill") };
}

function metricsV2({ cpu, throttling, memory, pids, io }: CgroupStats): Init<MetricsV2> {
  const toUs = (ns: number) => BigInt(Math.round(ns / 1000));
  return {
    ...(pids && { pids: { current: BigInt(pids.current), limit: BigInt(pids.limit ?? 0) } }),
    ...(cpu && {
      cpu: {
        usageUsec: toUs(cpu.usageNs),
        userUsec: toUs(cpu.userNs),
        systemUsec: toUs(cpu.systemNs),
        nrPeriods: BigInt(throttling?.periods ?? 0),
        nrThrottled: BigInt(throttling?.throttledPeriods ?? 0),
        throttledUsec: toUs(throttling?.throttledNs ?? 0),
      },
    }),
    ...(memory && { memory: memoryV2(memory), memoryEvents: eventsV2(memory.events) }),
    ...(io && { io: ioV2(io) }),
  };
}

function memoryV2({ detail, usageBytes, limitBytes, swap }: Memory): NonNullable<Init<MetricsV2>["memory"]> {
  const fields = Object.entries(detail).map(([name, value]) => [camelCase(name), BigInt(value)]);
  return {
    ...Object.fromEntries(fields),
    usage: BigInt(usageBytes),
    usageLimit: limitBytes === undefined ? UNLIMITED_V2 : BigInt(limitBytes),
    swapUsage: BigInt(swap?.usageBytes ?? 0),
    swapLimit: swap?.limitBytes === undefined ? UNLIMITED_V2 : BigInt(swap.limitBytes),
  };
}

function eventsV2(events: Memory["events"]): NonNullable<Init<MetricsV2>["memoryEvents"]> {
  const of = (name: string) => BigInt(events[name] ?? 0);
  return { low: of("low"), high: of("high"), max: of("max"), oom: of("oom"), oomKill: of("oom_kill") };
}

/** memory.stat of v2 has the message's fields by their names: `inactive_anon`. */
function camelCase(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}
