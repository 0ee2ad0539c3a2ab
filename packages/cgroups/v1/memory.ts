/**
 * The memory controller.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v1/memory.html
 */
import { isErrno } from "@eras/linux/errno.ts";
import type { LinuxMemory } from "@eras/oci-spec/runtime/config-linux.ts";
import { ifPresent, readFlatKeyed, readLimit, readNumber, writeControlFile } from "../control-file.ts";
import { checkAboveUsage } from "../memory-usage.ts";
import { present } from "../present.ts";
import type { MemoryCounter, MemoryStats } from "../stats.ts";

const LIMIT = "memory.limit_in_bytes";
const LIMIT_WITH_SWAP = "memory.memsw.limit_in_bytes";

/** Sets the limits of memory. */
export function setMemory(dir: string, memory: LinuxMemory): void {
  const { limit, reservation, swappiness, disableOOMKiller, checkBeforeUpdate } = memory;
  if (checkBeforeUpdate && limit !== undefined) checkAboveUsage(dir, "memory.usage_in_bytes", limit);
  setLimits(dir, memory);
  if (reservation !== undefined) writeControlFile(dir, "memory.soft_limit_in_bytes", reservation);
  if (swappiness !== undefined) writeControlFile(dir, "memory.swappiness", swappiness);
  if (disableOOMKiller) writeControlFile(dir, "memory.oom_control", 1);
}

/**
 * The kernel holds `limit ≤ limit with swap` at every moment, so what grows is written from the outside in: the larger limit first
 * when it goes up, last when it comes down.
 */
function setLimits(dir: string, { limit, swap }: LinuxMemory): void {
  const present = limit === undefined && swap === undefined ? undefined : presentSwapLimit(dir);
  const newSwap = swap ?? (limit === -1 && present !== undefined ? -1 : undefined);
  const writeLimit = () => limit !== undefined && writeLimitAboveUsage(dir, limit);
  const writeSwap = () => newSwap !== undefined && writeControlFile(dir, LIMIT_WITH_SWAP, newSwap);
  const grows = present !== undefined && newSwap !== undefined && (newSwap === -1 || newSwap > present);
  for (const write of grows ? [writeSwap, writeLimit] : [writeLimit, writeSwap]) write();
}

/** A kernel without swap accounting has no such file. */
function presentSwapLimit(dir: string): number | undefined {
  return ifPresent(() => readNumber(dir, LIMIT_WITH_SWAP));
}

/** What doesn't fit is first thrown out or swapped out; where that isn't enough the kernel says EBUSY. */
function writeLimitAboveUsage(dir: string, limitBytes: number): void {
  try {
    writeControlFile(dir, LIMIT, limitBytes);
  } catch (error) {
    if (!isErrno(error, "EBUSY")) throw error;
    const [usage, peak] = [readNumber(dir, "memory.usage_in_bytes"), readNumber(dir, "memory.max_usage_in_bytes")];
    const inUse = `current usage: ${usage}, peak usage: ${peak}`;
    throw new Error(`unable to set memory limit to ${limitBytes} (${inUse})`, { cause: error });
  }
}

/** Reads what memory is used. */
export function readMemoryStats(dir: string): MemoryStats {
  const detail = readFlatKeyed(dir, "memory.stat");
  return {
    ...readCounter(dir, "memory"),
    ...present({
      swap: ifPresent(() => readCounter(dir, "memory.memsw")),
      kernel: ifPresent(() => readCounter(dir, "memory.kmem")),
      kernelTcp: ifPresent(() => readCounter(dir, "memory.kmem.tcp")),
    }),
    anonBytes: detail.total_rss ?? 0,
    fileBytes: detail.total_cache ?? 0,
    detail,
    events: readFlatKeyed(dir, "memory.oom_control"),
  };
}

function readCounter(dir: string, prefix: string): MemoryCounter {
  return {
    usageBytes: readNumber(dir, `${prefix}.usage_in_bytes`),
    peakBytes: readNumber(dir, `${prefix}.max_usage_in_bytes`),
    limitHits: readNumber(dir, `${prefix}.failcnt`),
    ...present({ limitBytes: readLimit(dir, `${prefix}.limit_in_bytes`) }),
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
