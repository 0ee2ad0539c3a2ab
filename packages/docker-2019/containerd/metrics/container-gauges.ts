/**
 * What containers use, as Prometheus has it. Names and units are those of containerd's cgroups monitor, which differ between v1 and v2 as
 * the kernel's files do.
 */
import { isAny, unpackAny } from "../../proto/any.ts";
import {
  type BlkIOEntry,
  type Metrics as MetricsV1,
  MetricsSchema as MetricsV1Schema,
} from "../../proto/gen/cgroups-v1_pb.ts";
import { type Metrics as MetricsV2, MetricsSchema as MetricsV2Schema } from "../../proto/gen/cgroups-v2_pb.ts";
import type { Any } from "../../proto/gen/google/protobuf/any_pb.ts";

/** A value, with the labels that tell it from others of its name. */
export interface Sample {
  readonly value: bigint;
  readonly labels?: Readonly<Record<string, string>>;
}

/** One thing that is measured, of cgroups of one version. */
interface Measure<Metrics> {
  /** Behind `container_`, with the unit. */
  readonly name: string;
  readonly help: string;
  /** Nothing, where the container is in no such controller. */
  read(metrics: Metrics): bigint | readonly Sample[] | undefined;
}

const V1: readonly Measure<MetricsV1>[] = [
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
  { name: "memory_usage_usage_bytes", help: "Memory in use", read: ({ memory }) => memory?.usage?.usage },
  { name: "memory_usage_limit_bytes", help: "Memory that it may use", read: ({ memory }) => memory?.usage?.limit },
  { name: "memory_usage_max_bytes", help: "Most memory that it has used", read: ({ memory }) => memory?.usage?.max },
  {
    name: "memory_usage_failcnt_total",
    help: "How often the limit of memory was hit",
    read: ({ memory }) => memory?.usage?.failcnt,
  },
  { name: "memory_swap_usage_bytes", help: "Memory and swap in use", read: ({ memory }) => memory?.swap?.usage },
  {
    name: "memory_swap_limit_bytes",
    help: "Memory and swap that it may use",
    read: ({ memory }) => memory?.swap?.limit,
  },
  { name: "memory_cache_bytes", help: "Page cache", read: ({ memory }) => memory?.cache },
  { name: "memory_rss_bytes", help: "Anonymous memory and swap cache", read: ({ memory }) => memory?.rss },
  { name: "memory_total_rss_bytes", help: "The same, with cgroups below", read: ({ memory }) => memory?.totalRss },
  { name: "memory_pgfault_bytes", help: "Page faults, by count", read: ({ memory }) => memory?.pgFault },
  {
    name: "memory_pgmajfault_bytes",
    help: "Page faults that read from disk, by count",
    read: ({ memory }) => memory?.pgMajFault,
  },
  { name: "pids_current", help: "Processes and threads", read: ({ pids }) => pids?.current },
  {
    name: "pids_limit",
    help: "Processes and threads that it may have; 0 for any number",
    read: ({ pids }) => pids?.limit,
  },
  {
    name: "blkio_io_service_bytes_recursive_bytes",
    help: "Bytes read from and written to block devices",
    read: ({ blkio }) => blkio?.ioServiceBytesRecursive.map(blockSample),
  },
  {
    name: "blkio_io_serviced_recursive_total",
    help: "Operations on block devices",
    read: ({ blkio }) => blkio?.ioServicedRecursive.map(blockSample),
  },
];

const V2: readonly Measure<MetricsV2>[] = [
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
  { name: "memory_anon_bytes", help: "Anonymous memory", read: ({ memory }) => memory?.anon },
  { name: "memory_file_bytes", help: "Page cache", read: ({ memory }) => memory?.file },
  { name: "memory_pgfault_total", help: "Page faults", read: ({ memory }) => memory?.pgfault },
  {
    name: "memory_pgmajfault_total",
    help: "Page faults that read from disk",
    read: ({ memory }) => memory?.pgmajfault,
  },
  { name: "memory_oom_total", help: "How often memory ran out", read: ({ memoryEvents }) => memoryEvents?.oom },
  { name: "pids_current", help: "Processes and threads", read: ({ pids }) => pids?.current },
  {
    name: "pids_limit",
    help: "Processes and threads that it may have; 0 for any number",
    read: ({ pids }) => pids?.limit,
  },
  {
    name: "io_rbytes_bytes",
    help: "Bytes read from block devices",
    read: ({ io }) =>
      io?.usage.map(({ rbytes: value, major, minor }) => ({ value, labels: deviceLabels(major, minor) })),
  },
  {
    name: "io_wbytes_bytes",
    help: "Bytes written to block devices",
    read: ({ io }) =>
      io?.usage.map(({ wbytes: value, major, minor }) => ({ value, labels: deviceLabels(major, minor) })),
  },
];

/** A measured thing with its values. */
export interface Measured {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** All that is told of a container's cgroup. @param metrics - As its shim gives it. */
export function measured(metrics: Any): readonly Measured[] {
  if (isAny(metrics, MetricsV1Schema)) return readAll(V1, unpackAny(MetricsV1Schema, metrics));
  return isAny(metrics, MetricsV2Schema) ? readAll(V2, unpackAny(MetricsV2Schema, metrics)) : [];
}

function readAll<Metrics>(measures: readonly Measure<Metrics>[], metrics: Metrics): Measured[] {
  return measures.map(({ name, help, read }) => {
    const values = read(metrics) ?? [];
    return { name: `container_${name}`, help, samples: typeof values === "bigint" ? [{ value: values }] : values };
  });
}

function blockSample({ value, op, device, major, minor }: BlkIOEntry): Sample {
  return { value, labels: { op, device, ...deviceLabels(major, minor) } };
}

function deviceLabels(major: bigint, minor: bigint): Record<string, string> {
  return { major: String(major), minor: String(minor) };
}
