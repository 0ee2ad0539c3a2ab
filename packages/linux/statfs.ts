/** What kind of filesystem an open file is on: nobody can fake that, while a path may lead anywhere. */
import { libcFunction } from "./libc.ts";

/** A proc filesystem: include/uapi/linux/magic.h, as the other kinds. */
export const PROC_SUPER_MAGIC = 0x9fa0;

/** struct statfs on 64-bit machines; `f_type` comes first. */
const STATFS_SIZE = 120;

const fstatfsFunction = libcFunction<[number, Buffer]>("int fstatfs(int fd, void *buffer)");

/**
 * The kind of filesystem that an open file is on.
 *
 * @param fd - O_PATH is enough.
 * @returns A number such as PROC_SUPER_MAGIC.
 * @see https://man7.org/linux/man-pages/man2/fstatfs.2.html
 */
export function filesystemType(fd: number): number {
  const buffer = Buffer.alloc(STATFS_SIZE);
  fstatfsFunction(fd, buffer);
  return Number(buffer.readBigInt64LE(0));
}
