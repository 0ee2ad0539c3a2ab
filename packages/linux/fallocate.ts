/** Room on a disk, set aside for what will be written later. */
import { libcFunction } from "./libc.ts";

/** include/uapi/linux/falloc.h */
const FALLOC_FL_KEEP_SIZE = 0x01;

const fallocateFunction = libcFunction<[number, number, number, number]>(
  "int fallocate(int fd, int mode, long offset, long length)",
);

/**
 * Sets blocks aside for a part of a file, also beyond its end, and leaves its size as it is. What is written there later finds room even
 * if the disk is full by then.
 *
 * @param fd - Open for writing.
 * @param offset - In bytes, as `length`.
 * @throws {ErrnoError} ENOSPC; EOPNOTSUPP, which errors call ENOTSUP, where the file system can't; EBADF.
 * @see https://man7.org/linux/man-pages/man2/fallocate.2.html
 */
export function reserveBlocks(fd: number, offset: number, length: number): void {
  fallocateFunction(fd, FALLOC_FL_KEEP_SIZE, offset, length);
}
