/**
 * The cpu controller, which shares out processor time, and cpuacct, which counts it.
 *
 * @see https://docs.kernel.org/scheduler/sched-bwc.html
 * @see https://docs.kernel.org/admin-guide/cgroup-v1/cpuacct.html
 */
import { isErrno } from "@eras/linux/errno.ts";
import { ifPresent, lines, readControlFile, readFlatKeyed, readNumber, writeControlFile } from "../control-file.ts";
import type { CpuLimits } from "../controller-limits.ts";
import type { CpuTime, Throttling } from "../stats.ts";

/** Sets weight and quota. */
export function setCpu(dir: string, cpu: CpuLimits): void {
  const { shares, idle, period, burst, quota, realtimePeriod, realtimeRuntime } = cpu;
  if (idle === 0) writeControlFile(dir, "cpu.idle", idle); // who is idle has no weight of its own
  if (shares !== undefined) setShares(dir, shares);
  writeTogether(dir, { "cpu.cfs_period_us": period, "cpu.cfs_burst_us": burst, "cpu.cfs_quota_us": quota });
  if (idle) writeControlFile(dir, "cpu.idle", idle);
  writeTogether(dir, { "cpu.rt_period_us": realtimePeriod, "cpu.rt_runtime_us": realtimeRuntime });
}

/** The kernel takes what is too much or too little for the nearest that it has. */
function setShares(dir: string, shares: number): void {
  writeControlFile(dir, "cpu.shares", shares);
  const taken = readNumber(dir, "cpu.shares");
  if (taken === shares) return;
  const end = shares > taken ? "maximum" : "minimum";
  throw new Error(`the ${end} allowed cpu-shares is ${taken}`);
}

/**
 * The kernel checks after each write whether quota/period is within the ancestors' share, the burst within the quota and the real-time
 * runtime within its period. So a value that is refused may be taken after the next: a new period with the old quota may be more than the
 * parent has.
 *
 * @param values - By control file.
 */
function writeTogether(dir: string, values: Readonly<Record<string, number | undefined>>): void {
  const refused = Object.entries(values).filter(([file, value]) => value !== undefined && !isTaken(dir, file, value));
  for (const [file, value] of refused.reverse()) writeControlFile(dir, file, value!);
}

function isTaken(dir: string, file: string, value: number): boolean {
  try {
    writeControlFile(dir, file, value);
    return true;
  } catch (error) {
    if (isErrno(error, "EINVAL")) return false;
    throw error;
  }
}

/** Reads how often the quota ran out. */
export function readThrottling(dir: string): Throttling {
  const stat = readFlatKeyed(dir, "cpu.stat");
  return {
    periods: stat.nr_periods ?? 0,
    throttledPeriods: stat.nr_throttled ?? 0,
    throttledNs: stat.throttled_time ?? 0,
  };
}

/** cpuacct.stat counts in ticks of USER_HZ, 100 a second on every architecture that Linux has now. */
const NS_PER_TICK = 10_000_000;

/** Reads the times; cpuacct counts nanoseconds, except for what users and kernel had in all. */
export function readCpuTime(dir: string): CpuTime {
  const ticks = readFlatKeyed(dir, "cpuacct.stat");
  return {
    usageNs: readNumber(dir, "cpuacct.usage"),
    userNs: (ticks.user ?? 0) * NS_PER_TICK,
    systemNs: (ticks.system ?? 0) * NS_PER_TICK,
    perCpu: {
      usageNs: readControlFile(dir, "cpuacct.usage_percpu").split(" ").map(Number),
      ...readPerCpuModes(dir),
    },
  };
}

/** A header, then a line `CPU USER SYSTEM` for each processor. */
function readPerCpuModes(dir: string): { userNs: number[]; systemNs: number[] } {
  const table = lines(ifPresent(() => readControlFile(dir, "cpuacct.usage_all")) ?? "").slice(1);
  const column = (index: number) => table.map((line) => Number(line.split(" ")[index]));
  return { userNs: column(1), systemNs: column(2) };
}
