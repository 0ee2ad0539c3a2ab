/** Waiting until what was written to a whole file system is on its disk. */
import { waitingLibcFunction } from "./libc.ts";

const syncfsFunction = waitingLibcFunction<[number]>("int syncfs(int fd)");

/**
 * Resolves when everything written so far to the file system that `fd` is open on, by whomever, would survive a loss of power.
 *
 * For many new files, one by one `fsync` costs a turn of the disk each; this costs one for all.
 *
 * @param fd - Open for anything, until the promise is settled.
 * @throws {ErrnoError} EIO, ENOSPC, EDQUOT: something could not be written (Linux 5.8 and later tell); EBADF.
 * @see https://man7.org/linux/man-pages/man2/syncfs.2.html
 */
export async function syncfs(fd: number): Promise<void> {
  await syncfsFunction(fd);
}
