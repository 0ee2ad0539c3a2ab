/** What is told of a container in a cgroup of v2. @see https://github.com/containerd/containerd/tree/v1.6.20/metrics/cgroups/v2 */
import type { IOEntry, MemoryStat, Metrics } from "../../proto/gen/cgroups-v2_pb.ts";
import { diskLabels, type Measure, memoryStatMeasures, PIDS_MEASURES } from "./measure.ts";

/** The numbers of memory.stat, by the kernel's names. */
const MEMORY_STAT = {
  file_mapped: "fileMapped",
  file_dirty: "fileDirty",
  file_writeback: "fileWriteback",
  pgactivate: "pgactivate",
  pgdeactivate: "pgdeactivate",
  pgfault: "pgfault",
  pgmajfault: "pgmajfault",
  pglazyfree: "pglazyfree",
  pgrefill: "pgrefill",
  pglazyfreed: "pglazyfreed",
  pgscan: "pgscan",
  pgsteal: "pgsteal",
  inactive_anon: "inactiveAnon",
  active_anon: "activeAnon",
  inactive_file: "inactiveFile",
  active_file: "activeFile",
  unevictable: "unevictable",
  anon: "anon",
  file: "file",
  kernel_stack: "kernelStack",
  slab: "slab",
  sock: "sock",
  shmem: "shmem",
  anon_thp: "anonThp",
  slab_reclaimable: "slabReclaimable",
  slab_unreclaimable: "slabUnreclaimable",
  workingset_refault: "workingsetRefault",
  workingset_activate: "workingsetActivate",
  workingset_nodereclaim: "workingsetNodereclaim",
  thp_fault_alloc: "thpFaultAlloc",
  thp_collapse_alloc: "thpCollapseAlloc",
} as const satisfies Record<string, keyof MemoryStat>;

const IO = [
  { name: "io_rbytes_bytes", field: "rbytes", help: "Bytes read" },
  { name: "io_wbytes_bytes", field: "wbytes", help: "Bytes written" },
  { name: "io_rios_total", field: "rios", help: "Times that something was read" },
  { name: "io_wios_total", field: "wios", help: "Times that something was written" },
] as const satisfies readonly { name: string; field: keyof IOEntry; help: string }[];

export const V2_MEASURES: readonly Measure<Metrics>[] = [
  { name: "cpu_usage_usec_microseconds", help: "CPU time", read: ({ cpu }) => cpu?.usageUsec },
  { name: "cpu_user_usec_microseconds", help: "CPU time outside of the kernel", read: ({ cpu }) => cpu?.userUsec },
  { name: "cpu_system_usec_microseconds", help: "CPU time in the kernel", read: ({ cpu }) => cpu?.systemUsec },
  { name: "cpu_nr_periods_total", help: "Periods of its quota", read: ({ cpu }) => cpu?.nrPeriods },
  {
    name: "cpu_nr_throttled_total",
    help: "Periods in which the quota was used up",
    read: ({ cpu }) => cpu?.nrThrottled,
  },
  {
    name: "cpu_throttled_usec_microseconds",
    help: "Time that it had to wait for its quota",
    read: ({ cpu }) => cpu?.throttledUsec,
  },
  { name: "memory_usage_bytes", help: "Memory in use", read: ({ memory }) => memory?.usage },
  { name: "memory_usage_limit_bytes", help: "Memory that it may use", read: ({ memory }) => memory?.usageLimit },
  { name: "memory_swap_usage_bytes", help: "Swap in use", read: ({ memory }) => memory?.swapUsage },
  { name: "memory_swap_limit_bytes", help: "Swap that it may use", read: ({ memory }) => memory?.swapLimit },
  ...memoryStatMeasures<MemoryStat>(MEMORY_STAT),
  { name: "memory_oom_total", help: "How often memory ran out", read: ({ memoryEvents }) => memoryEvents?.oom },
  ...PIDS_MEASURES,
  ...IO.map(
    ({ name, field, help }): Measure<Metrics> => ({
      name,
      help: `${help}, by disk`,
      read: ({ io }) =>
        io?.usage.map((entry) => ({ value: entry[field], labels: diskLabels(entry.major, entry.minor) })),
    }),
  ),
];
