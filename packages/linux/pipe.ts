/** Pipes as descriptors, which can be read and written synchronously and handed to a child; those of `child_process` cannot. */
import { constants } from "node:fs";
import { libcFunction } from "./libc.ts";
import { O_CLOEXEC } from "./open.ts";

/** The two ends of a pipe, for `fs.readSync`, `fs.writeSync`, or the `stdio` of a child. */
export interface Pipe {
  readonly readEnd: number;
  readonly writeEnd: number;
}

const F_GETFL = 3;
const F_SETFL = 4;
const F_SETPIPE_SZ = 1031;

const pipe2 = libcFunction<[Buffer, number]>("int pipe2(void *fds, int flags)");
const fcntl = libcFunction<[number, number, number]>("int fcntl(int fd, int command, long argument)");

/**
 * Makes a pipe, both ends blocking and close-on-exec. Reading gives 0 bytes once all copies of the write end are closed.
 *
 * @see https://man7.org/linux/man-pages/man2/pipe2.2.html
 */
export function pipe(): Pipe {
  const ends = Buffer.alloc(8);
  pipe2(ends, O_CLOEXEC);
  return { readEnd: ends.readInt32LE(0), writeEnd: ends.readInt32LE(4) };
}

/**
 * Has a pipe take so many bytes before whoever writes has to wait. The kernel rounds up to a power of two.
 *
 * @param fd - Either end. @throws {ErrnoError} EPERM beyond /proc/sys/fs/pipe-max-size, or what one user may have.
 * @see https://man7.org/linux/man-pages/man2/F_GETPIPE_SZ.2const.html
 */
export function setPipeSize(fd: number, bytes: number): void {
  fcntl(fd, F_SETPIPE_SZ, bytes);
}

/**
 * Makes reads and writes of a descriptor fail with EAGAIN where they would wait, as Node's event loop wants it. The flag belongs to
 * the open file, which other processes may share.
 *
 * @see https://man7.org/linux/man-pages/man2/F_GETFL.2const.html
 */
export function setNonblocking(fd: number): void {
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL, 0) | constants.O_NONBLOCK);
}
