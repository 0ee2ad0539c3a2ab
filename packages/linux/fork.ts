/**
 * fork(2) from within Node: the child is this program at this very point, in 0.5 ms where a second Node takes 18.
 *
 * What the child is, and is not:
 * - It has one thread, the main one. So it can unshare and join user and time namespaces, which Node's threads forbid otherwise.
 * - Its memory is a copy of ours, but Node's event loop is shared with us down to the descriptors. So the child never returns to it: all it does
 *   is synchronous, and it ends with execve(2) or {@link _exit}. No await, no timer, no stream, no `process.exit`, no `import()`.
 * - `process.pid` is the parent's.
 * - Other threads of ours are gone, and with them what they were to do. Start Node with {@link SINGLE_THREADED}, so that V8's garbage
 *   collector and compiler expect no help and wait for none.
 *
 * V8 tells the kernel not to copy its pages to children (MADV_DONTFORK), which makes the start of other programs faster. Here it has to be
 * taken back, mapping by mapping. V8 may map another page between the last look and the fork, and a child without it would crash; so
 * the child waits until the parent has looked once more, and is replaced by another one in that case (it is one in a hundred).
 *
 * @see https://man7.org/linux/man-pages/man2/fork.2.html
 */
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { libcFunction, reportCall } from "./libc.ts";
import { pipe } from "./pipe.ts";
import { waitpid } from "./wait.ts";

/** Flags for Node under which a forked child works. */
export const SINGLE_THREADED = ["--single-threaded", "--v8-pool-size=0"];

const MADV_DOFORK = 11;
/** What fork(3) of glibc asks of clone(2), besides the addresses for thread numbers: CLONE_CHILD_CLEARTID, CLONE_CHILD_SETTID, SIGCHLD. */
const CLONE_FLAGS = 0x0020_0000 | 0x0100_0000 | 17;

const forkFunction = libcFunction<[]>("int fork(void)", { bare: true });
const exitFunction = libcFunction<[number]>("int _exit(int status)", { bare: true });
const madvise = libcFunction<[bigint, bigint, number]>("int madvise(uint64 address, ulong length, int advice)", {
  bare: true,
});

/**
 * Splits the process in two.
 *
 * @returns The child's PID, to the parent; 0, to the child. The child is forked from the main thread, in its namespaces.
 * @throws {ErrnoError} EAGAIN when there are too many processes; ENOMEM.
 */
export function fork(): number {
  for (;;) {
    const gate = pipe();
    const maps = shareMemory();
    const pid = forkFunction();
    if (pid === 0) return passGate(gate);
    const complete = maps.equals(readMaps());
    reportCall("clone", [CLONE_FLAGS], pid);
    if (complete) writeSync(gate.writeEnd, "!");
    closeSync(gate.readEnd);
    closeSync(gate.writeEnd);
    if (complete) return pid;
    waitpid(pid);
  }
}

/** The child's part: waits for the parent's word that nothing of it is missing. */
function passGate({ readEnd, writeEnd }: { readEnd: number; writeEnd: number }): 0 {
  closeSync(writeEnd);
  if (readSync(readEnd, Buffer.alloc(1)) === 0) _exit(1);
  closeSync(readEnd);
  return 0;
}

/**
 * Ends the process at once, without what Node does at its end: for a child of {@link fork}.
 *
 * @see https://man7.org/linux/man-pages/man2/_exit.2.html
 */
export function _exit(status: number): never {
  exitFunction(status);
  throw new Error("_exit(2) returned");
}

/** A line of /proc/PID/maps without a file: proc_pid_maps(5). */
const ANONYMOUS = /^([0-9a-f]+)-([0-9a-f]+) \S+ \S+ \S+ 0 *(?:\[(?:heap|stack|anon[^\]]*)\])?$/gm;

/** Asks the kernel to give children a copy of all memory of ours. @returns The mappings that it holds for. */
function shareMemory(): Buffer {
  let maps: Buffer;
  let now = readMaps();
  do {
    maps = now;
    for (const [, start, end] of maps.toString("latin1").matchAll(ANONYMOUS)) {
      madvise(BigInt(`0x${start}`), BigInt(`0x${end}`) - BigInt(`0x${start}`), MADV_DOFORK);
    }
    now = readMaps();
  } while (!maps.equals(now)); // reading them needs memory, too
  return now;
}

/** Two, to compare. They are there before the first look. */
const buffers = [Buffer.alloc(1 << 18), Buffer.alloc(1 << 18)];

/** The kernel writes the list page by page, so that it takes several reads. */
function readMaps(): Buffer {
  const buffer = buffers.reverse()[0]!;
  const fd = openSync("/proc/self/maps", "r");
  let length = 0;
  for (let read = -1; read !== 0; ) {
    read = readSync(fd, buffer, length, buffer.length - length, null);
    length += read;
  }
  closeSync(fd);
  return buffer.subarray(0, length);
}
