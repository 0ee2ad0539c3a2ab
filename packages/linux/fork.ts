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
import { libcFunction, reportCall, systemCall } from "./libc.ts";
import { MADV_DOFORK, madvise } from "./madvise.ts";
import { pipe } from "./pipe.ts";
import { waitpid } from "./wait.ts";

/** Flags for Node under which a forked child works. */
export const SINGLE_THREADED = ["--single-threaded", "--v8-pool-size=0"];

const SIGCHLD = 17;
/** What fork(3) of glibc asks of clone(2), besides the addresses for thread numbers: CLONE_CHILD_CLEARTID, CLONE_CHILD_SETTID. */
const CLONE_FLAGS = 0x0020_0000 | 0x0100_0000 | SIGCHLD;
const CLONE_INTO_CGROUP = 0x2_0000_0000n;
/** struct clone_args: eleven fields of 8 bytes, the flags first. */
const CLONE_ARGS_SIZE = 88;
const CLONE_ARGS = { exitSignal: 32, cgroup: 80 };

const forkFunction = libcFunction<[]>("int fork(void)", { bare: true });
const clone3 = systemCall<[Buffer, number]>("clone3", ["void *", "size_t"], { bare: true });
const exitFunction = libcFunction<[number]>("int _exit(int status)", { bare: true });

/**
 * Splits the process in two.
 *
 * @param cgroupFd - A directory of cgroup v2, in which the child is to be born. To move it there later costs ten milliseconds, in which the
 *   kernel waits for every processor.
 * @returns The child's PID, to the parent; 0, to the child. The child is forked from the main thread, in its namespaces.
 * @throws {ErrnoError} EAGAIN when there are too many processes; ENOMEM; EBUSY, EOPNOTSUPP for a cgroup that takes no processes.
 * @see https://man7.org/linux/man-pages/man2/clone.2.html, CLONE_INTO_CGROUP
 */
export function fork(cgroupFd?: number): number {
  for (;;) {
    const pid = tryFork(cgroupFd);
    if (pid !== undefined) return pid;
  }
}

/**
 * Like {@link fork}, but at most once: for the first process of a PID namespace, after whose end there can't be another one.
 *
 * @returns undefined when the child would have been incomplete, and is gone: one time in a hundred.
 */
export function tryFork(cgroupFd?: number): number | undefined {
  prepareFork();
  const gate = pipe();
  const maps = shareMemory();
  const bare = cgroupFd !== undefined || pidInParent !== undefined;
  const pid = bare ? forkBare(cgroupFd) : forkFunction();
  if (pid === 0) return passGate(gate);
  const complete = maps.equals(readMaps());
  reportCall("clone", [bare ? SIGCHLD : CLONE_FLAGS], pid);
  if (complete) writeSync(gate.writeEnd, String(pid));
  closeSync(gate.readEnd);
  closeSync(gate.writeEnd);
  if (complete) return pid;
  waitpid(pid);
  return undefined;
}

/**
 * The bare system call, which tells the C library nothing: its locks and its notion of our thread's number stay the parent's. In a process of one
 * thread, or in a child that has just one, neither matters.
 *
 * For the children of a fork it is the only way. fork(3) has libuv make its signal pipe anew in the child, by the numbers of the old one, and
 * a fork that has closed all that is Node's may have other files there.
 */
function forkBare(cgroupFd: number | undefined): number {
  const request = Buffer.alloc(CLONE_ARGS_SIZE);
  request.writeBigUInt64LE(BigInt(SIGCHLD), CLONE_ARGS.exitSignal);
  if (cgroupFd !== undefined) {
    request.writeBigUInt64LE(CLONE_INTO_CGROUP, 0);
    request.writeBigUInt64LE(BigInt(cgroupFd), CLONE_ARGS.cgroup);
  }
  return clone3(request, CLONE_ARGS_SIZE);
}

/** The child's part: waits for the parent's word that nothing of it is missing. The word is the child's PID. */
function passGate({ readEnd, writeEnd }: { readEnd: number; writeEnd: number }): 0 {
  closeSync(writeEnd);
  const word = Buffer.alloc(16);
  const length = readSync(readEnd, word);
  if (length === 0) _exit(1);
  closeSync(readEnd);
  pidInParent = Number(word.toString("latin1", 0, length));
  closeSync(mapsFd!); // the parent's
  mapsFd = undefined;
  return 0;
}

let pidInParent: number | undefined;

/**
 * In a child of {@link fork}, the PID that its parent has got: another one than its own, if its parent has put it into a PID namespace.
 *
 * @throws {Error} In a process that has not been forked.
 */
export function forkedPid(): number {
  if (pidInParent === undefined) throw new Error("Cannot tell the PID of a fork: this process is none");
  return pidInParent;
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

/** Of /proc/self/maps. */
let mapsFd: number | undefined;

/** Opens what {@link fork} looks at, for a process that will have no /proc of its own PID namespace when it forks. */
export function prepareFork(): void {
  mapsFd ??= openSync("/proc/self/maps", "r");
}

/** The kernel writes the list page by page, so that it takes several reads. */
function readMaps(): Buffer {
  const buffer = buffers.reverse()[0]!;
  let length = 0;
  for (let read = -1; read !== 0; ) {
    read = readSync(mapsFd!, buffer, length, buffer.length - length, length);
    length += read;
  }
  return buffer.subarray(0, length);
}
