/**
 * Memory, given back when nothing happens any more: daemons and shims are idle for nearly all their lives.
 *
 * Garbage goes: garbage.ts. Of Node's program most was needed for the start alone; what is touched again is mapped again, from the page cache.
 */
import { readFileSync } from "node:fs";
import { MADV_DONTNEED, madvise } from "@eras/linux/madvise.ts";

/**
 * @param collect - Of garbage.ts: with code, for who will hardly do anything again; without, for who has to answer soon.
 * @returns To be called whenever something happens: memory is given back when `idleMs` have passed without.
 */
export function memoryReleaser(idleMs: number, collect: () => void): () => void {
  let idle: NodeJS.Timeout | undefined;
  const release = () => {
    collect();
    unmapProgram();
  };
  return () => {
    idle ??= setTimeout(release, idleMs).unref();
    idle.refresh();
  };
}

/** In /proc/PID/smaps, what lies in a file and nobody may write, and how much of it is our own all the same: proc_pid_smaps(5). */
const READ_ONLY = /^([0-9a-f]+)-([0-9a-f]+) r-.p \S+ \S+ [1-9][\s\S]*?^Anonymous: +(\d+) kB$/gm;

function unmapProgram(): void {
  for (const [, start, end, own] of readFileSync("/proc/self/smaps", "latin1").matchAll(READ_ONLY)) {
    if (own !== "0") continue; // the linker has written there, before it forbade it: it would be lost
    madvise(BigInt(`0x${start}`), BigInt(`0x${end}`) - BigInt(`0x${start}`), MADV_DONTNEED);
  }
}
