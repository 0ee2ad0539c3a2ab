/**
 * /proc that is known to be the kernel's.
 *
 * In a container, /proc is what its mounts made of it. Whoever writes a security label to /proc/thread-self/attr/exec there may be
 * writing to a file of the image, or to another file of /proc that was mounted over it, and believes the label set. So:
 * look at the filesystem under the descriptor, and cross no further mount below it.
 */
import { closeSync, constants, fstatSync, readFileSync, writeSync } from "node:fs";
import { libcFunction } from "./libc.ts";
import { AT_FDCWD, openat2, openDirectory, RESOLVE_BENEATH, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_XDEV } from "./open.ts";

/** include/uapi/linux/magic.h */
const PROC_SUPER_MAGIC = 0x9fa0n;
/** The inode of procfs's own root: fs/proc/internal.h. A part of it that is mounted somewhere has another. */
const PROC_ROOT_INO = 1;
/** More than struct statfs has, on all 64-bit architectures. Its first field is f_type. */
const STATFS_SIZE = 256;

const fstatfs = libcFunction<[number, Buffer]>("int fstatfs(int fd, void *out)");

/** Writes a file of /proc. @param path - Below /proc. @throws {Error} When /proc isn't the kernel's; {ErrnoError} EXDEV when something is mounted over the file. */
export function writeProcFile(path: string, text: string): void {
  const fd = openProcFile(path, constants.O_WRONLY);
  try {
    writeSync(fd, text); // at once: the kernel takes each write for a whole value
  } finally {
    closeSync(fd);
  }
}

/** Reads a file of /proc: see `writeProcFile`. */
export function readProcFile(path: string): string {
  const fd = openProcFile(path, constants.O_RDONLY);
  try {
    return readFileSync(fd, "utf8");
  } finally {
    closeSync(fd);
  }
}

function openProcFile(path: string, flags: number): number {
  const root = openDirectory(AT_FDCWD, "/proc", 0);
  try {
    if (!isProcRoot(root)) throw new Error(`Cannot use /proc/${path}: /proc is not the root of a proc filesystem`);
    return openat2(root, path, { flags, resolve: RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS });
  } finally {
    closeSync(root);
  }
}

function isProcRoot(fd: number): boolean {
  const statfs = Buffer.alloc(STATFS_SIZE);
  fstatfs(fd, statfs);
  return statfs.readBigInt64LE() === PROC_SUPER_MAGIC && fstatSync(fd).ino === PROC_ROOT_INO;
}
