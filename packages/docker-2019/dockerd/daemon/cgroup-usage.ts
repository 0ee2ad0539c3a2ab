/** What containerd tells of a container's cgroup, of either version, in the words of the Engine API. */
import { readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import type { BlkioStatEntry, BlkioStats, ContainerStats, CpuStats } from "../../engine-api/stats.ts";
import { isAny, unpackAny } from "../../proto/any.ts";
import {
  type BlkIOEntry,
  type MemoryStat as MemoryV1,
  type Metrics as MetricsV1,
  MetricsSchema as V1Schema,
} from "../../proto/gen/cgroups-v1_pb.ts";
import {
  type MemoryStat as MemoryV2,
  type Metrics as MetricsV2,
  MetricsSchema as V2Schema,
} from "../../proto/gen/cgroups-v2_pb.ts";
import type { Any } from "../../proto/gen/google/protobuf/any_pb.ts";

/** sysconf(_SC_CLK_TCK) on all that Linux runs on. */
const TICKS_PER_SECOND = 100;
const NS_PER_SECOND = 1e9;
/** Above are limits that mean none, which clients in Go could not read. */
const MAX_NUMBER = 2 ** 63;

type Usage = Pick<ContainerStats, "pids_stats" | "blkio_stats" | "cpu_stats" | "memory_stats">;

export const NO_CPU: CpuStats = {
  cpu_usage: { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 },
  throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
};
const NO_BLKIO: BlkioStats = {
  io_service_bytes_recursive: null,
  io_serviced_recursive: null,
  io_queue_recursive: null,
  io_service_time_recursive: null,
  io_wait_time_recursive: null,
  io_merged_recursive: null,
  io_time_recursive: null,
  sectors_recursive: null,
};
export const NO_USAGE: Usage = { pids_stats: {}, blkio_stats: NO_BLKIO, cpu_stats: NO_CPU, memory_stats: {} };

/** @param data - Metrics of cgroup v1, or of v2. */
export function usageOf(data: Any): Usage {
  return isAny(data, V1Schema) ? usageV1(unpackAny(V1Schema, data)) : usageV2(unpackAny(V2Schema, data));
}

function usageV1({ pids, cpu, memory, blkio }: MetricsV1): Usage {
  return {
    pids_stats: limited(pids),
    blkio_stats: {
      io_service_bytes_recursive: entries(blkio?.ioServiceBytesRecursive),
      io_serviced_recursive: entries(blkio?.ioServicedRecursive),
      io_queue_recursive: entries(blkio?.ioQueuedRecursive),
      io_service_time_recursive: entries(blkio?.ioServiceTimeRecursive),
      io_wait_time_recursive: entries(blkio?.ioWaitTimeRecursive),
      io_merged_recursive: entries(blkio?.ioMergedRecursive),
      io_time_recursive: entries(blkio?.ioTimeRecursive),
      sectors_recursive: entries(blkio?.sectorsRecursive),
    },
    cpu_stats: {
      cpu_usage: {
        total_usage: number(cpu?.usage?.total),
        percpu_usage: (cpu?.usage?.perCpu ?? []).map(number),
        usage_in_kernelmode: number(cpu?.usage?.kernel),
        usage_in_usermode: number(cpu?.usage?.user),
      },
      ...ofHost(),
      throttling_data: {
        periods: number(cpu?.throttling?.periods),
        throttled_periods: number(cpu?.throttling?.throttledPeriods),
        throttled_time: number(cpu?.throttling?.throttledTime),
      },
    },
    memory_stats: memory
      ? {
          usage: number(memory.usage?.usage),
          max_usage: number(memory.usage?.max),
          stats: linesOf(memory),
          ...(memory.usage?.failcnt && { failcnt: number(memory.usage.failcnt) }),
          limit: memoryLimit(memory.usage?.limit),
        }
      : {},
  };
}

function usageV2({ pids, cpu, memory, io }: MetricsV2): Usage {
  const ofOp = (op: string, value: "rbytes" | "wbytes") =>
    (io?.usage ?? []).map((entry) => ({
      major: number(entry.major),
      minor: number(entry.minor),
      op,
      value: number(entry[value]),
    }));
  const nanoseconds = (us: bigint | undefined) => number(us) * 1000;
  return {
    pids_stats: limited(pids),
    blkio_stats: { ...NO_BLKIO, io_service_bytes_recursive: [...ofOp("read", "rbytes"), ...ofOp("write", "wbytes")] },
    cpu_stats: {
      cpu_usage: {
        total_usage: nanoseconds(cpu?.usageUsec),
        usage_in_kernelmode: nanoseconds(cpu?.systemUsec),
        usage_in_usermode: nanoseconds(cpu?.userUsec),
      },
      ...ofHost(),
      throttling_data: {
        periods: number(cpu?.nrPeriods),
        throttled_periods: number(cpu?.nrThrottled),
        throttled_time: nanoseconds(cpu?.throttledUsec),
      },
    },
    memory_stats: memory
      ? { usage: number(memory.usage), stats: linesOf(memory), limit: memoryLimit(memory.usageLimit) }
      : {},
  };
}

function number(value: bigint | undefined): number {
  return Math.min(Number(value ?? 0n), MAX_NUMBER);
}

/** No limit is said by 0, and left out. */
function limited(pids: { readonly current: bigint; readonly limit: bigint } | undefined): Usage["pids_stats"] {
  if (pids === undefined) return {};
  return { current: number(pids.current), ...(pids.limit > 0n && { limit: number(pids.limit) }) };
}

function entries(all: readonly BlkIOEntry[] = []): BlkioStatEntry[] {
  return all.map(({ major, minor, op, value }) => ({
    major: number(major),
    minor: number(minor),
    op,
    value: number(value),
  }));
}

/** A container without a limit may have all that there is. */
function memoryLimit(limit: bigint | undefined): number {
  return Math.min(number(limit) || MAX_NUMBER, totalmem());
}

/** The lines of memory.stat, as the kernel calls them: `totalInactiveFile` is total_inactive_file, `pgMajFault` pgmajfault. */
function linesOf(memory: MemoryV1 | MemoryV2): Record<string, number> {
  const ofFile = Object.entries(memory).filter(([name]) => !/^(swap)?(usage|max|limit)/i.test(name));
  return Object.fromEntries(
    ofFile.flatMap(([name, value]) => (typeof value === "bigint" ? [[kernelName(name), number(value)]] : [])),
  );
}

function kernelName(name: string): string {
  return name
    .replace("SwapLimit", "MemswLimit")
    .replace(/pg(pgin|pgout|fault|majfault)$/i, (word, _, at) => (at === 0 ? "" : "_") + word.toLowerCase())
    .replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** All that the host's processors have done, idling included. @see https://man7.org/linux/man-pages/man5/proc_stat.5.html */
function ofHost(): Pick<CpuStats, "system_cpu_usage" | "online_cpus"> {
  const [, ...ticks] = readFileSync("/proc/stat", "utf8").split("\n", 1)[0]!.split(/\s+/).map(Number);
  const sum = ticks.slice(0, 7).reduce((all, one) => all + one, 0);
  return { system_cpu_usage: (sum * NS_PER_SECOND) / TICKS_PER_SECOND, online_cpus: cpus().length };
}
