/**
 * The cpu controller, which shares out processor time, and cpuacct, which counts it.
 *
 * @see https://docs.kernel.org/scheduler/sched-bwc.html
 * @see https://docs.kernel.org/admin-guide/cgroup-v1/cpuacct.html
 */
import { isErrno } from "@eras/linux/errno.ts";
import { readFlatKeyed, readNumber, writeControlFile } from "../control-file.ts";
import type { CpuResources } from "../resources.ts";
import type { CpuStats } from "../stats.ts";

/** Sets weight and quota. */
export function setCpu(dir: string, cpu: CpuResources): void {
  const { shares, burst, idle, realtimePeriod, realtimeRuntime } = cpu;
  if (shares !== undefined) writeControlFile(dir, "cpu.shares", shares);
  setQuota(dir, cpu);
  if (burst !== undefined) writeControlFile(dir, "cpu.cfs_burst_us", burst);
  if (idle !== undefined) writeControlFile(dir, "cpu.idle", idle);
  if (realtimePeriod !== undefined) writeControlFile(dir, "cpu.rt_period_us", realtimePeriod);
  if (realtimeRuntime !== undefined) writeControlFile(dir, "cpu.rt_runtime_us", realtimeRuntime);
}

/**
 * The kernel checks quota/period after each of the two writes against the ancestors' share, so one order may be refused where the
 * other is not: a new period with the old quota may be more than the parent has.
 */
function setQuota(dir: string, { quota, period }: CpuResources): void {
  const writePeriod = () => period !== undefined && writeControlFile(dir, "cpu.cfs_period_us", period);
  const writeQuota = () => quota !== undefined && writeControlFile(dir, "cpu.cfs_quota_us", quota);
  try {
    writePeriod();
    writeQuota();
  } catch (error) {
    if (!isErrno(error, "EINVAL")) throw error;
    writeQuota();
    writePeriod();
  }
}

const NS_PER_US = 1000;

/** Reads the times; cpuacct counts nanoseconds. */
export function readCpuStats(cpuDir: string, cpuacctDir: string): CpuStats {
  const stat = readFlatKeyed(cpuDir, "cpu.stat");
  return {
    usageUs: readNumber(cpuacctDir, "cpuacct.usage") / NS_PER_US,
    userUs: readNumber(cpuacctDir, "cpuacct.usage_user") / NS_PER_US,
    systemUs: readNumber(cpuacctDir, "cpuacct.usage_sys") / NS_PER_US,
    periods: stat.nr_periods ?? 0,
    throttledPeriods: stat.nr_throttled ?? 0,
    throttledUs: (stat.throttled_time ?? 0) / NS_PER_US,
  };
}
