/** Numbers of open files: moving them, closing many at once. What execve hands on of them is in exec.ts. */
import { libcFunction, systemCall } from "./libc.ts";

const LAST_FD = 0xffff_ffff;

const dup2Function = libcFunction<[number, number]>("int dup2(int from, int to)");
const fcntl = libcFunction<[number, number, number]>("int fcntl(int fd, int command, long argument)");
const closeRangeCall = systemCall<[number, number, number]>("close_range", ["uint", "uint", "uint"]);

/**
 * Gives an open file a second number, which is closed first if it is in use, and lives on at execve.
 *
 * @see https://man7.org/linux/man-pages/man2/dup2.2.html
 */
export function dup2(from: number, to: number): void {
  dup2Function(from, to);
}

const F_DUPFD_CLOEXEC = 1030;
const FIRST_AFTER_STANDARD_STREAMS = 3;

/**
 * Gives an open file a second number, one that is free and above those of the standard streams. It ends at execve.
 *
 * @see https://man7.org/linux/man-pages/man2/fcntl.2.html
 */
export function dup(fd: number): number {
  return fcntl(fd, F_DUPFD_CLOEXEC, FIRST_AFTER_STANDARD_STREAMS);
}

/**
 * Closes every descriptor from `first` on, but those in `kept`. Only for a process that will not return to Node's event loop: its
 * descriptors go too.
 *
 * @see https://man7.org/linux/man-pages/man2/close_range.2.html
 */
export function closeFrom(first: number, kept: readonly number[] = []): void {
  let start = first;
  for (const fd of kept.filter((fd) => fd >= first).sort((a, b) => a - b)) {
    if (fd > start) closeRangeCall(start, fd - 1, 0);
    start = fd + 1;
  }
  closeRangeCall(start, LAST_FD, 0);
}
