/**
 * The memory controller.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html#memory
 */
import { ifPresent, readFlatKeyed, readLimit, readNumber, writeControlFile } from "../control-file.ts";
import { checkAboveUsage } from "../memory-usage.ts";
import type { MemoryResources } from "../resources.ts";
import { type MemoryStats, present } from "../stats.ts";
import { refuse } from "./refuse.ts";

/** Sets the limits of memory. */
export function setMemory(dir: string, memory: MemoryResources): void {
  const { limit, reservation, swap, kernelTCP, swappiness, disableOOMKiller, checkBeforeUpdate } = memory;
  if (kernelTCP !== undefined) refuse(dir, "memory.kernelTCP");
  if (swappiness !== undefined) refuse(dir, "memory.swappiness");
  if (disableOOMKiller) refuse(dir, "memory.disableOOMKiller");
  if (checkBeforeUpdate && limit !== undefined) checkAboveUsage(dir, "memory.current", limit);
  const swapAlone = swap === undefined ? undefined : swapWithoutMemory(dir, swap, limit);
  if (limit !== undefined) writeControlFile(dir, "memory.max", orMax(limit));
  if (swapAlone !== undefined) writeControlFile(dir, "memory.swap.max", orMax(swapAlone));
  if (reservation !== undefined) writeControlFile(dir, "memory.low", orMax(reservation));
}

/** OCI, like v1, limits memory and swap together; v2 limits swap alone. */
function swapWithoutMemory(dir: string, swap: number, limit = readLimit(dir, "memory.max") ?? -1): number {
  if (swap === -1) return -1;
  if (limit === -1)
    throw new Error(`Cannot limit memory and swap of ${dir} to ${swap} bytes: memory alone has no limit`);
  if (swap < limit)
    throw new Error(`Cannot limit memory and swap of ${dir} to ${swap} bytes: memory alone has ${limit}`);
  return swap - limit;
}

function orMax(bytes: number): number | "max" {
  return bytes === -1 ? "max" : bytes;
}

/** Reads what memory is used. */
export function readMemoryStats(dir: string): MemoryStats {
  const detail = readFlatKeyed(dir, "memory.stat");
  const events = readFlatKeyed(dir, "memory.events");
  return {
    usageBytes: readNumber(dir, "memory.current"),
    ...present({
      peakBytes: ifPresent(() => readNumber(dir, "memory.peak")), // since Linux 5.19
      limitBytes: readLimit(dir, "memory.max"),
      swapBytes: ifPresent(() => readNumber(dir, "memory.swap.current")),
    }),
    anonBytes: detail.anon ?? 0,
    fileBytes: detail.file ?? 0,
    limitHits: events.max ?? 0,
    oomKills: events.oom_kill ?? 0,
    detail,
  };
}
