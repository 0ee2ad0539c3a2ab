/** Device nodes, and the packing of their two numbers into one, as `Stats.rdev` of `node:fs` has it. */
import { libcFunction } from "./libc.ts";

/** File types, the upper bits of a mode: inode(7). */
export const S_IFMT = 0o170000;
export const S_IFSOCK = 0o140000;
export const S_IFLNK = 0o120000;
export const S_IFREG = 0o100000;
export const S_IFBLK = 0o060000;
export const S_IFDIR = 0o040000;
export const S_IFCHR = 0o020000;
export const S_IFIFO = 0o010000;

/** The kernel's device numbers have 12 bits for the major and 20 for the minor: include/linux/kdev_t.h. */
const MAX_MAJOR = 0xfff;
const MAX_MINOR = 0xf_ffff;

const mknodFunction = libcFunction<[string, number, number]>("int mknod(str path, uint mode, ulong device)", {
  path: 0,
});

/**
 * Makes a device node, fifo, socket or empty file.
 *
 * @param mode - An S_IF… type with permissions, from which the umask is taken away.
 * @param device - Of `makedev`; ignored for what is no device.
 * @throws {ErrnoError} EPERM for a device without CAP_MKNOD in the first user namespace; EEXIST.
 * @see https://man7.org/linux/man-pages/man2/mknod.2.html
 */
export function mknod(path: string, mode: number, device: number): void {
  mknodFunction(path, mode, device);
}

/**
 * Packs a device number: the low 8 bits of the minor, then the major, then the rest of the minor.
 *
 * @throws {RangeError} When the kernel has no such number.
 * @see https://man7.org/linux/man-pages/man3/makedev.3.html
 */
export function makedev(major: number, minor: number): number {
  if (!isWithin(major, MAX_MAJOR) || !isWithin(minor, MAX_MINOR)) {
    throw new RangeError(`Cannot make device ${major}:${minor}: majors end at ${MAX_MAJOR}, minors at ${MAX_MINOR}`);
  }
  return (((minor & 0xfff00) << 12) | (major << 8) | (minor & 0xff)) >>> 0;
}

function isWithin(value: number, maximum: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= maximum;
}

/** The major number, which names the driver, of a packed device number. */
export function major(device: number): number {
  return (device >>> 8) & MAX_MAJOR;
}

/** The minor number, which the driver understands, of a packed device number. */
export function minor(device: number): number {
  return ((device >>> 12) & 0xfff00) | (device & 0xff);
}
