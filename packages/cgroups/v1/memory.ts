/**
 * The memory controller.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v1/memory.html
 */
import { ifPresent, readFlatKeyed, readLimit, readNumber, writeControlFile } from "../control-file.ts";
import { checkAboveUsage } from "../memory-usage.ts";
import type { MemoryResources } from "../resources.ts";
import { type MemoryStats, present } from "../stats.ts";

const LIMIT = "memory.limit_in_bytes";
const LIMIT_WITH_SWAP = "memory.memsw.limit_in_bytes";

/** Sets the limits of memory. */
export function setMemory(dir: string, memory: MemoryResources): void {
  const { limit, reservation, kernelTCP, swappiness, disableOOMKiller, checkBeforeUpdate } = memory;
  if (checkBeforeUpdate && limit !== undefined) checkAboveUsage(dir, "memory.usage_in_bytes", limit);
  setLimits(dir, memory);
  if (reservation !== undefined) writeControlFile(dir, "memory.soft_limit_in_bytes", reservation);
  if (kernelTCP !== undefined) writeControlFile(dir, "memory.kmem.tcp.limit_in_bytes", kernelTCP);
  if (swappiness !== undefined) writeControlFile(dir, "memory.swappiness", swappiness);
  if (disableOOMKiller !== undefined) writeControlFile(dir, "memory.oom_control", disableOOMKiller ? 1 : 0);
}

/**
 * The kernel holds `limit ≤ limit with swap` at every moment, so what grows is written from the outside in: the larger limit first
 * when it goes up, last when it comes down.
 */
function setLimits(dir: string, { limit, swap }: MemoryResources): void {
  const writeLimit = () => limit !== undefined && writeControlFile(dir, LIMIT, limit);
  const writeSwap = () => swap !== undefined && writeControlFile(dir, LIMIT_WITH_SWAP, swap);
  const order = grows(dir, swap) ? [writeSwap, writeLimit] : [writeLimit, writeSwap];
  for (const write of order) write();
}

function grows(dir: string, swap: number | undefined): boolean {
  if (swap === undefined) return false;
  const present = ifPresent(() => readNumber(dir, LIMIT_WITH_SWAP)); // a kernel without swap accounting has no such file
  return present !== undefined && (swap === -1 || swap > present);
}

/** Reads what memory is used. */
export function readMemoryStats(dir: string): MemoryStats {
  const detail = readFlatKeyed(dir, "memory.stat");
  const usageBytes = readNumber(dir, "memory.usage_in_bytes");
  return {
    usageBytes,
    peakBytes: readNumber(dir, "memory.max_usage_in_bytes"),
    ...present({
      limitBytes: readLimit(dir, LIMIT),
      swapBytes: ifPresent(() => Math.max(0, readNumber(dir, "memory.memsw.usage_in_bytes") - usageBytes)),
    }),
    anonBytes: detail.total_rss ?? 0,
    fileBytes: detail.total_cache ?? 0,
    limitHits: readNumber(dir, "memory.failcnt") + (ifPresent(() => readNumber(dir, "memory.memsw.failcnt")) ?? 0),
    oomKills: readOomControl(dir).oomKills,
    detail,
  };
}

/** memory.oom_control: whether the killer is disabled, whether processes wait for memory now, and how many were killed. */
export interface OomControl {
  readonly killerDisabled: boolean;
  readonly underOom: boolean;
  readonly oomKills: number;
}

/** Reads memory.oom_control. */
export function readOomControl(dir: string): OomControl {
  const { oom_kill_disable, under_oom, oom_kill } = readFlatKeyed(dir, "memory.oom_control");
  return { killerDisabled: oom_kill_disable === 1, underOom: under_oom === 1, oomKills: oom_kill ?? 0 };
}
