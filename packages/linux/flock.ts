/**
 * Advisory locks on open files. The kernel lets go of one when the last descriptor of that open file is closed, at the latest when the
 * process ends, however it ends.
 *
 * @see https://man7.org/linux/man-pages/man2/flock.2.html
 */
import { isErrno } from "./errno.ts";
import { libcFunction } from "./libc.ts";

const LOCK_EX = 2;
const LOCK_NB = 4;

const flockFn = libcFunction("int flock(int fd, int operation)");

/**
 * Locks an open file for this process alone, as soon as nobody else holds a lock on it.
 *
 * @throws {ErrnoError} EBADF.
 */
export function lockExclusively(fd: number): void {
  flockFn(fd, LOCK_EX);
}

/**
 * Locks an open file for this process alone, without waiting.
 *
 * @returns Whether it could be: nobody else holds a lock on the file.
 * @throws {ErrnoError} EBADF.
 */
export function tryLockExclusively(fd: number): boolean {
  try {
    flockFn(fd, LOCK_EX | LOCK_NB);
    return true;
  } catch (error) {
    if (isErrno(error, "EAGAIN")) return false;
    throw error;
  }
}
