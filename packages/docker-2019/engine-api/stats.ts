/** GET /containers/ID/stats: one such object a second. Processor times are nanoseconds, memory bytes. */
import type { Dictionary, List } from "./container-config.ts";

export interface CpuStats {
  readonly cpu_usage: {
    readonly total_usage: number;
    /** By processor. */
    readonly percpu_usage?: List<number>;
    readonly usage_in_kernelmode: number;
    readonly usage_in_usermode: number;
  };
  /** Of the whole host. */
  readonly system_cpu_usage?: number;
  readonly online_cpus?: number;
  readonly throttling_data: {
    readonly periods: number;
    readonly throttled_periods: number;
    readonly throttled_time: number;
  };
}

export interface MemoryStats {
  readonly usage?: number;
  readonly max_usage?: number;
  /** The lines of memory.stat: `cache` or `total_inactive_file` of v1, `inactive_file` of v2. */
  readonly stats?: Dictionary<number>;
  readonly failcnt?: number;
  readonly limit?: number;
}

export interface BlkioStatEntry {
  readonly major: number;
  readonly minor: number;
  /** `Read`, `Write`, … */
  readonly op: string;
  readonly value: number;
}

export interface NetworkStats {
  readonly rx_bytes: number;
  readonly rx_packets: number;
  readonly rx_errors: number;
  readonly rx_dropped: number;
  readonly tx_bytes: number;
  readonly tx_packets: number;
  readonly tx_errors: number;
  readonly tx_dropped: number;
}

export interface BlkioStats {
  readonly io_service_bytes_recursive: List<BlkioStatEntry>;
  readonly io_serviced_recursive: List<BlkioStatEntry>;
  readonly io_queue_recursive: List<BlkioStatEntry>;
  readonly io_service_time_recursive: List<BlkioStatEntry>;
  readonly io_wait_time_recursive: List<BlkioStatEntry>;
  readonly io_merged_recursive: List<BlkioStatEntry>;
  readonly io_time_recursive: List<BlkioStatEntry>;
  readonly sectors_recursive: List<BlkioStatEntry>;
}

export interface ContainerStats {
  readonly read: string;
  /** When the previous sample was taken. */
  readonly preread: string;
  readonly pids_stats: { readonly current?: number; readonly limit?: number };
  readonly blkio_stats: BlkioStats;
  readonly num_procs: number;
  readonly storage_stats: object;
  readonly cpu_stats: CpuStats;
  /** The previous sample's. */
  readonly precpu_stats: CpuStats;
  readonly memory_stats: MemoryStats;
  readonly name: string;
  readonly id: string;
  /** By interface. */
  readonly networks?: Dictionary<NetworkStats>;
}
