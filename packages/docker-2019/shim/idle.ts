/**
 * Memory, given back when nothing happens any more: a shim is idle for nearly all its life, and there may be a hundred of them.
 *
 * What a start of a container leaves in the heap is garbage that no later allocation would make V8 collect; and code that will not run
 * again soon, which `--bytecode-old-age=1` lets it throw away: it compiles a function again when it is called again. Of Node's program most was
 * needed for the start alone; what is touched again is mapped again, from the page cache.
 */
import { readFileSync } from "node:fs";
import { MADV_DONTNEED, madvise } from "@eras/linux/madvise.ts";

const IDLE_MS = 2_000;

let idle: NodeJS.Timeout | undefined;

/** Something happens: memory is given back when two seconds have passed without. */
export function noteActivity(): void {
  idle ??= setTimeout(release, IDLE_MS).unref();
  idle.refresh();
}

/** There is a `gc` with `--expose-gc` alone. "last-resort" compacts the heap, so that its pages go back to the kernel. */
function release(): void {
  void globalThis.gc?.({ type: "major", execution: "sync", flavor: "last-resort" });
  unmapProgram();
}

/** In /proc/PID/smaps, what lies in a file and nobody may write, and how much of it is our own all the same: proc_pid_smaps(5). */
const READ_ONLY = /^([0-9a-f]+)-([0-9a-f]+) r-.p \S+ \S+ [1-9][\s\S]*?^Anonymous: +(\d+) kB$/gm;

function unmapProgram(): void {
  for (const [, start, end, own] of readFileSync("/proc/self/smaps", "latin1").matchAll(READ_ONLY)) {
    if (own !== "0") continue; // the linker has written there, before it forbade it: it would be lost
    madvise(BigInt(`0x${start}`), BigInt(`0x${end}`) - BigInt(`0x${start}`), MADV_DONTNEED);
  }
}
