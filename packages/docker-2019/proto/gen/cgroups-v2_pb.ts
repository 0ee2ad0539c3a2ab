import { message } from "../message.ts";

// Made from cgroups-v2.proto by `pnpm proto`. Read that one.

export interface Metrics {
  pids?: PidsStat | undefined;
  cpu?: CPUStat | undefined;
  memory?: MemoryStat | undefined;
  rdma?: RdmaStat | undefined;
  io?: IOStat | undefined;
  hugetlb: HugeTlbStat[];
  memoryEvents?: MemoryEvents | undefined;
}

export const MetricsSchema = message<Metrics>("io.containerd.cgroups.v2.Metrics", {
  pids: { number: 1, type: () => PidsStatSchema },
  cpu: { number: 2, type: () => CPUStatSchema },
  memory: { number: 4, type: () => MemoryStatSchema },
  rdma: { number: 5, type: () => RdmaStatSchema },
  io: { number: 6, type: () => IOStatSchema },
  hugetlb: { number: 7, type: () => HugeTlbStatSchema, many: "repeated" },
  memory_events: { number: 8, type: () => MemoryEventsSchema },
});

export interface PidsStat {
  current: bigint;
  limit: bigint;
}

export const PidsStatSchema = message<PidsStat>("io.containerd.cgroups.v2.PidsStat", {
  current: { number: 1, type: "uint64" },
  limit: { number: 2, type: "uint64" },
});

/**
 * cpu.stat
 */
export interface CPUStat {
  usageUsec: bigint;
  userUsec: bigint;
  systemUsec: bigint;
  nrPeriods: bigint;
  nrThrottled: bigint;
  throttledUsec: bigint;
}

export const CPUStatSchema = message<CPUStat>("io.containerd.cgroups.v2.CPUStat", {
  usage_usec: { number: 1, type: "uint64" },
  user_usec: { number: 2, type: "uint64" },
  system_usec: { number: 3, type: "uint64" },
  nr_periods: { number: 4, type: "uint64" },
  nr_throttled: { number: 5, type: "uint64" },
  throttled_usec: { number: 6, type: "uint64" },
});

/**
 * memory.stat; from 32 on, the files that hold one number.
 */
export interface MemoryStat {
  anon: bigint;
  file: bigint;
  kernelStack: bigint;
  slab: bigint;
  sock: bigint;
  shmem: bigint;
  fileMapped: bigint;
  fileDirty: bigint;
  fileWriteback: bigint;
  anonThp: bigint;
  inactiveAnon: bigint;
  activeAnon: bigint;
  inactiveFile: bigint;
  activeFile: bigint;
  unevictable: bigint;
  slabReclaimable: bigint;
  slabUnreclaimable: bigint;
  pgfault: bigint;
  pgmajfault: bigint;
  workingsetRefault: bigint;
  workingsetActivate: bigint;
  workingsetNodereclaim: bigint;
  pgrefill: bigint;
  pgscan: bigint;
  pgsteal: bigint;
  pgactivate: bigint;
  pgdeactivate: bigint;
  pglazyfree: bigint;
  pglazyfreed: bigint;
  thpFaultAlloc: bigint;
  thpCollapseAlloc: bigint;
  /**
   * memory.current, memory.max, memory.swap.current, memory.swap.max, memory.peak, memory.swap.peak
   */
  usage: bigint;
  usageLimit: bigint;
  swapUsage: bigint;
  swapLimit: bigint;
  maxUsage: bigint;
  swapMaxUsage: bigint;
}

export const MemoryStatSchema = message<MemoryStat>("io.containerd.cgroups.v2.MemoryStat", {
  anon: { number: 1, type: "uint64" },
  file: { number: 2, type: "uint64" },
  kernel_stack: { number: 3, type: "uint64" },
  slab: { number: 4, type: "uint64" },
  sock: { number: 5, type: "uint64" },
  shmem: { number: 6, type: "uint64" },
  file_mapped: { number: 7, type: "uint64" },
  file_dirty: { number: 8, type: "uint64" },
  file_writeback: { number: 9, type: "uint64" },
  anon_thp: { number: 10, type: "uint64" },
  inactive_anon: { number: 11, type: "uint64" },
  active_anon: { number: 12, type: "uint64" },
  inactive_file: { number: 13, type: "uint64" },
  active_file: { number: 14, type: "uint64" },
  unevictable: { number: 15, type: "uint64" },
  slab_reclaimable: { number: 16, type: "uint64" },
  slab_unreclaimable: { number: 17, type: "uint64" },
  pgfault: { number: 18, type: "uint64" },
  pgmajfault: { number: 19, type: "uint64" },
  workingset_refault: { number: 20, type: "uint64" },
  workingset_activate: { number: 21, type: "uint64" },
  workingset_nodereclaim: { number: 22, type: "uint64" },
  pgrefill: { number: 23, type: "uint64" },
  pgscan: { number: 24, type: "uint64" },
  pgsteal: { number: 25, type: "uint64" },
  pgactivate: { number: 26, type: "uint64" },
  pgdeactivate: { number: 27, type: "uint64" },
  pglazyfree: { number: 28, type: "uint64" },
  pglazyfreed: { number: 29, type: "uint64" },
  thp_fault_alloc: { number: 30, type: "uint64" },
  thp_collapse_alloc: { number: 31, type: "uint64" },
  usage: { number: 32, type: "uint64" },
  usage_limit: { number: 33, type: "uint64" },
  swap_usage: { number: 34, type: "uint64" },
  swap_limit: { number: 35, type: "uint64" },
  max_usage: { number: 36, type: "uint64" },
  swap_max_usage: { number: 37, type: "uint64" },
});

/**
 * memory.events
 */
export interface MemoryEvents {
  low: bigint;
  high: bigint;
  max: bigint;
  oom: bigint;
  oomKill: bigint;
}

export const MemoryEventsSchema = message<MemoryEvents>("io.containerd.cgroups.v2.MemoryEvents", {
  low: { number: 1, type: "uint64" },
  high: { number: 2, type: "uint64" },
  max: { number: 3, type: "uint64" },
  oom: { number: 4, type: "uint64" },
  oom_kill: { number: 5, type: "uint64" },
});

export interface RdmaStat {
  current: RdmaEntry[];
  limit: RdmaEntry[];
}

export const RdmaStatSchema = message<RdmaStat>("io.containerd.cgroups.v2.RdmaStat", {
  current: { number: 1, type: () => RdmaEntrySchema, many: "repeated" },
  limit: { number: 2, type: () => RdmaEntrySchema, many: "repeated" },
});

export interface RdmaEntry {
  device: string;
  hcaHandles: number;
  hcaObjects: number;
}

export const RdmaEntrySchema = message<RdmaEntry>("io.containerd.cgroups.v2.RdmaEntry", {
  device: { number: 1, type: "string" },
  hca_handles: { number: 2, type: "uint32" },
  hca_objects: { number: 3, type: "uint32" },
});

/**
 * io.stat
 */
export interface IOStat {
  usage: IOEntry[];
}

export const IOStatSchema = message<IOStat>("io.containerd.cgroups.v2.IOStat", {
  usage: { number: 1, type: () => IOEntrySchema, many: "repeated" },
});

export interface IOEntry {
  major: bigint;
  minor: bigint;
  rbytes: bigint;
  wbytes: bigint;
  rios: bigint;
  wios: bigint;
}

export const IOEntrySchema = message<IOEntry>("io.containerd.cgroups.v2.IOEntry", {
  major: { number: 1, type: "uint64" },
  minor: { number: 2, type: "uint64" },
  rbytes: { number: 3, type: "uint64" },
  wbytes: { number: 4, type: "uint64" },
  rios: { number: 5, type: "uint64" },
  wios: { number: 6, type: "uint64" },
});

export interface HugeTlbStat {
  current: bigint;
  max: bigint;
  pagesize: string;
}

export const HugeTlbStatSchema = message<HugeTlbStat>("io.containerd.cgroups.v2.HugeTlbStat", {
  current: { number: 1, type: "uint64" },
  max: { number: 2, type: "uint64" },
  pagesize: { number: 3, type: "string" },
});

