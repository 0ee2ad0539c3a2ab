/** What is told of a container in cgroups of v1. @see https://github.com/containerd/containerd/tree/v1.2.6/metrics/cgroups */
import type { BlkIOEntry, BlkIOStat, HugetlbStat, MemoryStat, Metrics } from "../../proto/gen/cgroups-v1_pb.ts";
import { diskLabels, type Measure, memoryStatMeasures, PIDS_MEASURES, type Sample } from "./measure.ts";

/** The numbers of memory.stat, by the kernel's names. */
const MEMORY_STAT = {
  cache: "cache",
  rss: "rss",
  rss_huge: "rssHuge",
  mapped_file: "mappedFile",
  dirty: "dirty",
  writeback: "writeback",
  pgpgin: "pgPgIn",
  pgpgout: "pgPgOut",
  pgfault: "pgFault",
  pgmajfault: "pgMajFault",
  inactive_anon: "inactiveAnon",
  active_anon: "activeAnon",
  inactive_file: "inactiveFile",
  active_file: "activeFile",
  unevictable: "unevictable",
  hierarchical_memory_limit: "hierarchicalMemoryLimit",
  hierarchical_memsw_limit: "hierarchicalSwapLimit",
  total_cache: "totalCache",
  total_rss: "totalRss",
  total_rss_huge: "totalRssHuge",
  total_mapped_file: "totalMappedFile",
  total_dirty: "totalDirty",
  total_writeback: "totalWriteback",
  total_pgpgin: "totalPgPgIn",
  total_pgpgout: "totalPgPgOut",
  total_pgfault: "totalPgFault",
  total_pgmajfault: "totalPgMajFault",
  total_inactive_anon: "totalInactiveAnon",
  total_active_anon: "totalActiveAnon",
  total_inactive_file: "totalInactiveFile",
  total_active_file: "totalActiveFile",
  total_unevictable: "totalUnevictable",
} as const satisfies Record<string, keyof MemoryStat>;

/** What is limited in bytes, each with four numbers. */
const MEMORY_COUNTERS = [
  { name: "usage", field: "usage", what: "memory" },
  { name: "swap", field: "swap", what: "memory and swap" },
  { name: "kernel", field: "kernel", what: "memory of the kernel" },
  { name: "kerneltcp", field: "kernelTcp", what: "buffers of TCP" },
] as const;

const BLKIO = [
  { name: "io_merged_recursive_total", field: "ioMergedRecursive", help: "Operations that became one with others" },
  { name: "io_queued_recursive_total", field: "ioQueuedRecursive", help: "Operations that wait" },
  { name: "io_service_bytes_recursive_bytes", field: "ioServiceBytesRecursive", help: "Bytes read and written" },
  { name: "io_service_time_recursive_total", field: "ioServiceTimeRecursive", help: "Nanoseconds in the disk" },
  { name: "io_serviced_recursive_total", field: "ioServicedRecursive", help: "Operations" },
  { name: "io_time_recursive_total", field: "ioTimeRecursive", help: "Milliseconds of the disk's time" },
  { name: "sectors_recursive_total", field: "sectorsRecursive", help: "Sectors read and written" },
] as const satisfies readonly { name: string; field: keyof BlkIOStat; help: string }[];

export const V1_MEASURES: readonly Measure<Metrics>[] = [
  { name: "cpu_total_nanoseconds", help: "CPU time", read: ({ cpu }) => cpu?.usage?.total },
  { name: "cpu_kernel_nanoseconds", help: "CPU time in the kernel", read: ({ cpu }) => cpu?.usage?.kernel },
  { name: "cpu_user_nanoseconds", help: "CPU time outside of the kernel", read: ({ cpu }) => cpu?.usage?.user },
  {
    name: "per_cpu_nanoseconds",
    help: "CPU time of each processor",
    read: ({ cpu }) => cpu?.usage?.perCpu.map((value, i) => ({ value, labels: { cpu: String(i) } })),
  },
  { name: "cpu_throttle_periods_total", help: "Periods of its quota", read: ({ cpu }) => cpu?.throttling?.periods },
  {
    name: "cpu_throttled_periods_total",
    help: "Periods in which the quota was used up",
    read: ({ cpu }) => cpu?.throttling?.throttledPeriods,
  },
  {
    name: "cpu_throttled_time_nanoseconds",
    help: "Time that it had to wait for its quota",
    read: ({ cpu }) => cpu?.throttling?.throttledTime,
  },
  ...MEMORY_COUNTERS.flatMap(({ name, field, what }): Measure<Metrics>[] => [
    { name: `memory_${name}_usage_bytes`, help: `In use: ${what}`, read: ({ memory }) => memory?.[field]?.usage },
    { name: `memory_${name}_limit_bytes`, help: `Allowed: ${what}`, read: ({ memory }) => memory?.[field]?.limit },
    {
      name: `memory_${name}_max_bytes`,
      help: `The most ever used: ${what}`,
      read: ({ memory }) => memory?.[field]?.max,
    },
    {
      name: `memory_${name}_failcnt_total`,
      help: `How often the limit was hit: ${what}`,
      read: ({ memory }) => memory?.[field]?.failcnt,
    },
  ]),
  ...memoryStatMeasures<MemoryStat>(MEMORY_STAT),
  ...PIDS_MEASURES,
  ...BLKIO.map(
    ({ name, field, help }): Measure<Metrics> => ({
      name: `blkio_${name}`,
      help: `${help}, by disk`,
      read: ({ blkio }) => blkio?.[field].map(diskSample),
    }),
  ),
  {
    name: "hugetlb_usage_bytes",
    help: "Huge pages in use",
    read: ({ hugetlb }) => hugetlb.map((pages) => pageSample(pages, pages.usage)),
  },
  {
    name: "hugetlb_max_bytes",
    help: "The most huge pages ever used",
    read: ({ hugetlb }) => hugetlb.map((pages) => pageSample(pages, pages.max)),
  },
  {
    name: "hugetlb_failcnt_total",
    help: "How often the limit of huge pages was hit",
    read: ({ hugetlb }) => hugetlb.map((pages) => pageSample(pages, pages.failcnt)),
  },
];

function diskSample({ value, op, device, major, minor }: BlkIOEntry): Sample {
  return { value, labels: { op, device, ...diskLabels(major, minor) } };
}

function pageSample({ pagesize }: HugetlbStat, value: bigint): Sample {
  return { value, labels: { page: pagesize } };
}
