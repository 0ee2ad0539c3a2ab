/**
 * The cpu controller, which shares out processor time, and counts it.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu
 */
import { isErrno } from "@eras/linux/errno.ts";
import { readControlFile, readFlatKeyed, writeControlFile } from "../control-file.ts";
import type { CpuLimits } from "../controller-limits.ts";
import type { CpuTime, Throttling } from "../stats.ts";

/** Sets weight and quota. v2 has no shares for real-time processes: they are passed over, as runc does. */
export function setCpu(dir: string, cpu: CpuLimits): void {
  const { shares, idle } = cpu;
  if (idle === 0) writeControlFile(dir, "cpu.idle", idle); // who is idle has no weight of its own
  if (shares !== undefined) writeControlFile(dir, "cpu.weight", weightOfShares(shares));
  setQuota(dir, cpu);
  if (idle) writeControlFile(dir, "cpu.idle", idle);
}

/** The burst may never be more than the quota, so what grows is written from the outside in. */
function setQuota(dir: string, { quota, period, burst }: CpuLimits): void {
  const writeBurst = () => burst !== undefined && writeControlFile(dir, "cpu.max.burst", burst);
  try {
    writeBurst();
    writeMax(dir, quota, period);
  } catch (error) {
    if (!isErrno(error, "EINVAL") || burst === undefined) throw error;
    writeMax(dir, quota, period);
    writeBurst();
  }
}

/** cpu.max is `QUOTA PERIOD`. The period may be left out, the quota may not. */
function writeMax(dir: string, quota: number | undefined, period: number | undefined): void {
  if (quota === undefined && period === undefined) return;
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

const NS_PER_US = 1000;

/** Reads the times. */
export function readCpuTime(dir: string): CpuTime {
  const { usage_usec = 0, user_usec = 0, system_usec = 0 } = readFlatKeyed(dir, "cpu.stat");
  return { usageNs: usage_usec * NS_PER_US, userNs: user_usec * NS_PER_US, systemNs: system_usec * NS_PER_US };
}

/** Reads how often the quota ran out; never, where the controller is off. */
export function readThrottling(dir: string): Throttling {
  const { nr_periods = 0, nr_throttled = 0, throttled_usec = 0 } = readFlatKeyed(dir, "cpu.stat");
  return { periods: nr_periods, throttledPeriods: nr_throttled, throttledNs: throttled_usec * NS_PER_US };
}
