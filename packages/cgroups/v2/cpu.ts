/**
 * The cpu controller, which shares out processor time, and counts it.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu
 */
import { readControlFile, readFlatKeyed, writeControlFile } from "../control-file.ts";
import type { CpuResources } from "../resources.ts";
import type { CpuStats } from "../stats.ts";
import { refuse } from "./refuse.ts";

/** Sets weight and quota. */
export function setCpu(dir: string, cpu: CpuResources): void {
  const { shares, quota, period, burst, idle, realtimePeriod, realtimeRuntime } = cpu;
  if (realtimePeriod !== undefined || realtimeRuntime !== undefined) refuse(dir, "cpu.realtimeRuntime");
  if (shares !== undefined) writeControlFile(dir, "cpu.weight", weightOfShares(shares));
  if (quota !== undefined || period !== undefined) setQuota(dir, quota, period);
  if (burst !== undefined) writeControlFile(dir, "cpu.max.burst", burst);
  if (idle !== undefined) writeControlFile(dir, "cpu.idle", idle);
}

/** cpu.max is `QUOTA PERIOD`. The period may be left out, the quota may not. */
function setQuota(dir: string, quota: number | undefined, period: number | undefined): void {
  const first = quota === undefined ? presentQuota(dir) : quota < 0 ? "max" : quota;
  writeControlFile(dir, "cpu.max", period === undefined ? first : `${first} ${period}`);
}

function presentQuota(dir: string): string {
  return readControlFile(dir, "cpu.max").split(" ")[0]!;
}

/** The ranges of v1's shares (1024 for everybody who doesn't say) and v2's weight (100). */
const SHARES = { min: 2, max: 262_144 };
const WEIGHT = { min: 1, max: 10_000 };

/**
 * Turns v1's shares into v2's weight, smallest to smallest and largest to largest, in a straight line as runc and crun did in 2020: 1024
 * becomes 39, less than the 100 of a neighbour that says nothing, but containers keep their proportions.
 *
 * @see https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/2254-cgroup-v2#phase-1-convert-from-cgroups-v1-settings-to-v2
 */
export function weightOfShares(shares: number): number {
  const inRange = Math.min(Math.max(shares, SHARES.min), SHARES.max);
  const part = (inRange - SHARES.min) / (SHARES.max - SHARES.min);
  return WEIGHT.min + Math.floor(part * (WEIGHT.max - WEIGHT.min));
}

/** Reads the times. */
export function readCpuStats(dir: string): CpuStats {
  const stat = readFlatKeyed(dir, "cpu.stat");
  return {
    usageUs: stat.usage_usec ?? 0,
    userUs: stat.user_usec ?? 0,
    systemUs: stat.system_usec ?? 0,
    periods: stat.nr_periods ?? 0, // these three only where the controller is on
    throttledPeriods: stat.nr_throttled ?? 0,
    throttledUs: stat.throttled_usec ?? 0,
  };
}
