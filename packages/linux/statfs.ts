/** What kind of filesystem an open file is on, and how it is mounted there: nobody can fake that, while a path may lead anywhere. */
import { libcFunction } from "./libc.ts";

/** A proc filesystem: include/uapi/linux/magic.h, as the other kinds. */
export const PROC_SUPER_MAGIC = 0x9fa0;

/** struct statfs on 64-bit machines; `f_type` comes first. */
const STATFS_SIZE = 120;
const F_FLAGS_OFFSET = 80;

/** Flags of a mount: include/linux/statfs.h. The first four are MS_RDONLY … MS_NOEXEC of mount(2). */
export const ST_NOATIME = 0x400;
export const ST_NODIRATIME = 0x800;
export const ST_RELATIME = 0x1000;

const fstatfsFunction = libcFunction<[number, Buffer]>("int fstatfs(int fd, void *buffer)");

/**
 * The kind of filesystem that an open file is on.
 *
 * @param fd - O_PATH is enough.
 * @returns A number such as PROC_SUPER_MAGIC.
 * @see https://man7.org/linux/man-pages/man2/fstatfs.2.html
 */
export function filesystemType(fd: number): number {
  return Number(fstatfs(fd).readBigInt64LE(0));
}

/** The ST_… flags of the mount that an open file is on. @param fd - O_PATH is enough. */
export function mountFlagsOf(fd: number): number {
  return Number(fstatfs(fd).readBigInt64LE(F_FLAGS_OFFSET));
}

function fstatfs(fd: number): Buffer {
  const buffer = Buffer.alloc(STATFS_SIZE);
  fstatfsFunction(fd, buffer);
  return buffer;
}
