/**
 * The memory controller. It has no swappiness, and always kills: both wishes are passed over, as runc does.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html#memory
 */
import { existsSync } from "node:fs";
import type { LinuxMemory } from "@eras/oci-spec/runtime/config-linux.ts";
import { ifPresent, readFlatKeyed, readLimit, readNumber, writeControlFile } from "../control-file.ts";
import { checkAboveUsage } from "../memory-usage.ts";
import { present } from "../present.ts";
import type { MemoryCounter, MemoryStats } from "../stats.ts";

/** Sets the limits of memory. */
export function setMemory(dir: string, { limit, reservation, swap, checkBeforeUpdate }: LinuxMemory): void {
  if (checkBeforeUpdate && limit !== undefined) checkAboveUsage(dir, "memory.current", limit);
  const swapAlone = swapWithoutMemory(dir, swap, limit);
  if (limit !== undefined) writeControlFile(dir, "memory.max", orMax(limit));
  if (swapAlone !== undefined) writeSwap(dir, swapAlone);
  if (reservation !== undefined) writeControlFile(dir, "memory.low", orMax(reservation));
}

/** OCI, like v1, limits memory and swap together; v2 limits swap alone. No limit for memory is none for swap, unless it has its own. */
function swapWithoutMemory(dir: string, swap: number | undefined, newLimit: number | undefined): number | undefined {
  if (swap === undefined) return newLimit === -1 ? -1 : undefined;
  if (swap === -1) return -1;
  const limit = newLimit ?? readLimit(dir, "memory.max") ?? -1;
  if (limit === -1)
    throw new Error(`Cannot limit memory and swap of ${dir} to ${swap} bytes: memory alone has no limit`);
  if (swap < limit)
    throw new Error(`Cannot limit memory and swap of ${dir} to ${swap} bytes: memory alone has ${limit}`);
  return swap - limit;
}

/** A kernel that doesn't count swap doesn't limit it either. */
function writeSwap(dir: string, bytes: number): void {
  if (bytes === -1 && !existsSync(`${dir}/memory.swap.max`)) return;
  writeControlFile(dir, "memory.swap.max", orMax(bytes));
}

function orMax(bytes: number): number | "max" {
  return bytes === -1 ? "max" : bytes;
}

/** Reads what memory is used. */
export function readMemoryStats(dir: string): MemoryStats {
  const detail = readFlatKeyed(dir, "memory.stat");
  const events = readFlatKeyed(dir, "memory.events");
  return {
    ...readCounter(dir, "memory", events.max),
    ...present({
      swap: ifPresent(() => readCounter(dir, "memory.swap", readFlatKeyed(dir, "memory.swap.events").max)),
    }),
    anonBytes: detail.anon ?? 0,
    fileBytes: detail.file ?? 0,
    detail,
    events,
  };
}

function readCounter(dir: string, prefix: string, limitHits = 0): MemoryCounter {
  return {
    usageBytes: readNumber(dir, `${prefix}.current`),
    limitHits,
    ...present({
      peakBytes: ifPresent(() => readNumber(dir, `${prefix}.peak`)),
      limitBytes: readLimit(dir, `${prefix}.max`),
    }),
  };
}
