/** What kind of filesystem an open file is on: nobody can fake that, while a path may lead anywhere. */
import { libcFunction } from "./libc.ts";

/** The kinds by their numbers: include/uapi/linux/magic.h. */
export const PROC_SUPER_MAGIC = 0x9fa0;
export const SYSFS_MAGIC = 0x6265_6572;
export const TMPFS_MAGIC = 0x0102_1994;
export const DEVPTS_SUPER_MAGIC = 0x1cd1;
export const CGROUP2_SUPER_MAGIC = 0x6367_7270;
export const NSFS_MAGIC = 0x6e73_6673;

/** struct statfs on 64-bit machines: `f_type` at 0, `f_flags` at 80. */
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
