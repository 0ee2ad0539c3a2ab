import { message } from "../message.ts";

// Made from cgroups-v1.proto by `pnpm proto`. Read that one.

export interface Metrics {
  hugetlb: HugetlbStat[];
  pids?: PidsStat | undefined;
  cpu?: CPUStat | undefined;
  memory?: MemoryStat | undefined;
  blkio?: BlkIOStat | undefined;
  rdma?: RdmaStat | undefined;
  network: NetworkStat[];
  cgroupStats?: CgroupStats | undefined;
  memoryOomControl?: MemoryOomControl | undefined;
}

export const MetricsSchema = message<Metrics>("io.containerd.cgroups.v1.Metrics", {
  hugetlb: { number: 1, type: () => HugetlbStatSchema, many: "repeated" },
  pids: { number: 2, type: () => PidsStatSchema },
  cpu: { number: 3, type: () => CPUStatSchema },
  memory: { number: 4, type: () => MemoryStatSchema },
  blkio: { number: 5, type: () => BlkIOStatSchema },
  rdma: { number: 6, type: () => RdmaStatSchema },
  network: { number: 7, type: () => NetworkStatSchema, many: "repeated" },
  cgroup_stats: { number: 8, type: () => CgroupStatsSchema },
  memory_oom_control: { number: 9, type: () => MemoryOomControlSchema },
});

export interface HugetlbStat {
  usage: bigint;
  max: bigint;
  failcnt: bigint;
  pagesize: string;
}

export const HugetlbStatSchema = message<HugetlbStat>("io.containerd.cgroups.v1.HugetlbStat", {
  usage: { number: 1, type: "uint64" },
  max: { number: 2, type: "uint64" },
  failcnt: { number: 3, type: "uint64" },
  pagesize: { number: 4, type: "string" },
});

export interface PidsStat {
  current: bigint;
  limit: bigint;
}

export const PidsStatSchema = message<PidsStat>("io.containerd.cgroups.v1.PidsStat", {
  current: { number: 1, type: "uint64" },
  limit: { number: 2, type: "uint64" },
});

export interface CPUStat {
  usage?: CPUUsage | undefined;
  throttling?: Throttle | undefined;
}

export const CPUStatSchema = message<CPUStat>("io.containerd.cgroups.v1.CPUStat", {
  usage: { number: 1, type: () => CPUUsageSchema },
  throttling: { number: 2, type: () => ThrottleSchema },
});

export interface CPUUsage {
  total: bigint;
  kernel: bigint;
  user: bigint;
  perCpu: bigint[];
}

export const CPUUsageSchema = message<CPUUsage>("io.containerd.cgroups.v1.CPUUsage", {
  total: { number: 1, type: "uint64" },
  kernel: { number: 2, type: "uint64" },
  user: { number: 3, type: "uint64" },
  per_cpu: { number: 4, type: "uint64", many: "repeated" },
});

export interface Throttle {
  periods: bigint;
  throttledPeriods: bigint;
  throttledTime: bigint;
}

export const ThrottleSchema = message<Throttle>("io.containerd.cgroups.v1.Throttle", {
  periods: { number: 1, type: "uint64" },
  throttled_periods: { number: 2, type: "uint64" },
  throttled_time: { number: 3, type: "uint64" },
});

export interface MemoryStat {
  cache: bigint;
  rss: bigint;
  rssHuge: bigint;
  mappedFile: bigint;
  dirty: bigint;
  writeback: bigint;
  pgPgIn: bigint;
  pgPgOut: bigint;
  pgFault: bigint;
  pgMajFault: bigint;
  inactiveAnon: bigint;
  activeAnon: bigint;
  inactiveFile: bigint;
  activeFile: bigint;
  unevictable: bigint;
  hierarchicalMemoryLimit: bigint;
  hierarchicalSwapLimit: bigint;
  totalCache: bigint;
  totalRss: bigint;
  totalRssHuge: bigint;
  totalMappedFile: bigint;
  totalDirty: bigint;
  totalWriteback: bigint;
  totalPgPgIn: bigint;
  totalPgPgOut: bigint;
  totalPgFault: bigint;
  totalPgMajFault: bigint;
  totalInactiveAnon: bigint;
  totalActiveAnon: bigint;
  totalInactiveFile: bigint;
  totalActiveFile: bigint;
  totalUnevictable: bigint;
  usage?: MemoryEntry | undefined;
  swap?: MemoryEntry | undefined;
  kernel?: MemoryEntry | undefined;
  kernelTcp?: MemoryEntry | undefined;
}

export const MemoryStatSchema = message<MemoryStat>("io.containerd.cgroups.v1.MemoryStat", {
  cache: { number: 1, type: "uint64" },
  rss: { number: 2, type: "uint64" },
  rss_huge: { number: 3, type: "uint64" },
  mapped_file: { number: 4, type: "uint64" },
  dirty: { number: 5, type: "uint64" },
  writeback: { number: 6, type: "uint64" },
  pg_pg_in: { number: 7, type: "uint64" },
  pg_pg_out: { number: 8, type: "uint64" },
  pg_fault: { number: 9, type: "uint64" },
  pg_maj_fault: { number: 10, type: "uint64" },
  inactive_anon: { number: 11, type: "uint64" },
  active_anon: { number: 12, type: "uint64" },
  inactive_file: { number: 13, type: "uint64" },
  active_file: { number: 14, type: "uint64" },
  unevictable: { number: 15, type: "uint64" },
  hierarchical_memory_limit: { number: 16, type: "uint64" },
  hierarchical_swap_limit: { number: 17, type: "uint64" },
  total_cache: { number: 18, type: "uint64" },
  total_rss: { number: 19, type: "uint64" },
  total_rss_huge: { number: 20, type: "uint64" },
  total_mapped_file: { number: 21, type: "uint64" },
  total_dirty: { number: 22, type: "uint64" },
  total_writeback: { number: 23, type: "uint64" },
  total_pg_pg_in: { number: 24, type: "uint64" },
  total_pg_pg_out: { number: 25, type: "uint64" },
  total_pg_fault: { number: 26, type: "uint64" },
  total_pg_maj_fault: { number: 27, type: "uint64" },
  total_inactive_anon: { number: 28, type: "uint64" },
  total_active_anon: { number: 29, type: "uint64" },
  total_inactive_file: { number: 30, type: "uint64" },
  total_active_file: { number: 31, type: "uint64" },
  total_unevictable: { number: 32, type: "uint64" },
  usage: { number: 33, type: () => MemoryEntrySchema },
  swap: { number: 34, type: () => MemoryEntrySchema },
  kernel: { number: 35, type: () => MemoryEntrySchema },
  kernel_tcp: { number: 36, type: () => MemoryEntrySchema },
});

export interface MemoryEntry {
  limit: bigint;
  usage: bigint;
  max: bigint;
  failcnt: bigint;
}

export const MemoryEntrySchema = message<MemoryEntry>("io.containerd.cgroups.v1.MemoryEntry", {
  limit: { number: 1, type: "uint64" },
  usage: { number: 2, type: "uint64" },
  max: { number: 3, type: "uint64" },
  failcnt: { number: 4, type: "uint64" },
});

export interface MemoryOomControl {
  oomKillDisable: bigint;
  underOom: bigint;
  oomKill: bigint;
}

export const MemoryOomControlSchema = message<MemoryOomControl>("io.containerd.cgroups.v1.MemoryOomControl", {
  oom_kill_disable: { number: 1, type: "uint64" },
  under_oom: { number: 2, type: "uint64" },
  oom_kill: { number: 3, type: "uint64" },
});

export interface BlkIOStat {
  ioServiceBytesRecursive: BlkIOEntry[];
  ioServicedRecursive: BlkIOEntry[];
  ioQueuedRecursive: BlkIOEntry[];
  ioServiceTimeRecursive: BlkIOEntry[];
  ioWaitTimeRecursive: BlkIOEntry[];
  ioMergedRecursive: BlkIOEntry[];
  ioTimeRecursive: BlkIOEntry[];
  sectorsRecursive: BlkIOEntry[];
}

export const BlkIOStatSchema = message<BlkIOStat>("io.containerd.cgroups.v1.BlkIOStat", {
  io_service_bytes_recursive: { number: 1, type: () => BlkIOEntrySchema, many: "repeated" },
  io_serviced_recursive: { number: 2, type: () => BlkIOEntrySchema, many: "repeated" },
  io_queued_recursive: { number: 3, type: () => BlkIOEntrySchema, many: "repeated" },
  io_service_time_recursive: { number: 4, type: () => BlkIOEntrySchema, many: "repeated" },
  io_wait_time_recursive: { number: 5, type: () => BlkIOEntrySchema, many: "repeated" },
  io_merged_recursive: { number: 6, type: () => BlkIOEntrySchema, many: "repeated" },
  io_time_recursive: { number: 7, type: () => BlkIOEntrySchema, many: "repeated" },
  sectors_recursive: { number: 8, type: () => BlkIOEntrySchema, many: "repeated" },
});

export interface BlkIOEntry {
  /**
   * "Read", "Write", "Sync", "Async", "Total".
   */
  op: string;
  device: string;
  major: bigint;
  minor: bigint;
  value: bigint;
}

export const BlkIOEntrySchema = message<BlkIOEntry>("io.containerd.cgroups.v1.BlkIOEntry", {
  op: { number: 1, type: "string" },
  device: { number: 2, type: "string" },
  major: { number: 3, type: "uint64" },
  minor: { number: 4, type: "uint64" },
  value: { number: 5, type: "uint64" },
});

export interface RdmaStat {
  current: RdmaEntry[];
  limit: RdmaEntry[];
}

export const RdmaStatSchema = message<RdmaStat>("io.containerd.cgroups.v1.RdmaStat", {
  current: { number: 1, type: () => RdmaEntrySchema, many: "repeated" },
  limit: { number: 2, type: () => RdmaEntrySchema, many: "repeated" },
});

export interface RdmaEntry {
  device: string;
  hcaHandles: number;
  hcaObjects: number;
}

export const RdmaEntrySchema = message<RdmaEntry>("io.containerd.cgroups.v1.RdmaEntry", {
  device: { number: 1, type: "string" },
  hca_handles: { number: 2, type: "uint32" },
  hca_objects: { number: 3, type: "uint32" },
});

export interface NetworkStat {
  name: string;
  rxBytes: bigint;
  rxPackets: bigint;
  rxErrors: bigint;
  rxDropped: bigint;
  txBytes: bigint;
  txPackets: bigint;
  txErrors: bigint;
  txDropped: bigint;
}

export const NetworkStatSchema = message<NetworkStat>("io.containerd.cgroups.v1.NetworkStat", {
  name: { number: 1, type: "string" },
  rx_bytes: { number: 2, type: "uint64" },
  rx_packets: { number: 3, type: "uint64" },
  rx_errors: { number: 4, type: "uint64" },
  rx_dropped: { number: 5, type: "uint64" },
  tx_bytes: { number: 6, type: "uint64" },
  tx_packets: { number: 7, type: "uint64" },
  tx_errors: { number: 8, type: "uint64" },
  tx_dropped: { number: 9, type: "uint64" },
});

export interface CgroupStats {
  nrSleeping: bigint;
  nrRunning: bigint;
  nrStopped: bigint;
  nrUninterruptible: bigint;
  nrIoWait: bigint;
}

export const CgroupStatsSchema = message<CgroupStats>("io.containerd.cgroups.v1.CgroupStats", {
  nr_sleeping: { number: 1, type: "uint64" },
  nr_running: { number: 2, type: "uint64" },
  nr_stopped: { number: 3, type: "uint64" },
  nr_uninterruptible: { number: 4, type: "uint64" },
  nr_io_wait: { number: 5, type: "uint64" },
});

