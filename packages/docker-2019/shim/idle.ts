/**
 * Memory, given back when nothing happens any more: a shim is idle for nearly all its life, and there may be a hundred of them.
 *
 * What a start of a container leaves in the heap is garbage that no later allocation would make V8 collect; and code that will not run
 * again soon, which it throws away when we call it old: it compiles a function again when that is called again. Of Node's program most was
 * needed for the start alone; what is touched again is mapped again, from the page cache.
 */
import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { MADV_DONTNEED, madvise } from "@eras/linux/madvise.ts";

const IDLE_MS = 2_000;

let idle: NodeJS.Timeout | undefined;

/** Something happens: memory is given back when two seconds have passed without. */
export function noteActivity(): void {
  idle ??= setTimeout(release, IDLE_MS).unref();
  idle.refresh();
}

function release(): void {
  collectGarbage();
  unmapProgram();
}

/** As V8 counts: collections that a function has not been called in until its code is thrown away. */
const CODE_IS_OLD_AFTER = { usually: 6, here: 1 };

/**
 * The flags are set for this moment alone: code that was compiled under other flags is refused by V8, and all of Node's modules come as
 * code, and so does what we load from our pack.
 */
function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const gc: NodeJS.GCFunction = runInNewContext("gc"); // a context that is made now has one
  setFlagsFromString("--no-expose-gc");
  setFlagsFromString(`--bytecode-old-age=${CODE_IS_OLD_AFTER.here}`);
  void gc({ type: "major", execution: "sync", flavor: "last-resort" }); // this one compacts the heap: its pages go back to the kernel
  setFlagsFromString(`--bytecode-old-age=${CODE_IS_OLD_AFTER.usually}`);
}

/** In /proc/PID/smaps, what lies in a file and nobody may write, and how much of it is our own all the same: proc_pid_smaps(5). */
const READ_ONLY = /^([0-9a-f]+)-([0-9a-f]+) r-.p \S+ \S+ [1-9][\s\S]*?^Anonymous: +(\d+) kB$/gm;

function unmapProgram(): void {
  for (const [, start, end, own] of readFileSync("/proc/self/smaps", "latin1").matchAll(READ_ONLY)) {
    if (own !== "0") continue; // the linker has written there, before it forbade it: it would be lost
    madvise(BigInt(`0x${start}`), BigInt(`0x${end}`) - BigInt(`0x${start}`), MADV_DONTNEED);
  }
}
