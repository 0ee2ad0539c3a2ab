/**
 * Subvolumes of btrfs: trees that look like directories, of which the file system makes a copy at once, sharing all blocks.
 *
 * A subvolume has a number, by which it can be mounted without its path: `mount -o subvolid=256`.
 *
 * @see https://btrfs.readthedocs.io/en/latest/btrfs-ioctl.html
 */
import { closeSync, constants, lstatSync, openSync } from "node:fs";
import { basename, dirname } from "node:path";
import { libcFunction } from "./libc.ts";

// The requests: include/uapi/linux/btrfs.h. The size of the argument is a part of each number.
const BTRFS_IOC_SUBVOL_CREATE = 0x5000940e;
const BTRFS_IOC_SNAP_DESTROY = 0x5000940f;
const BTRFS_IOC_INO_LOOKUP = 0xd0009412;
const BTRFS_IOC_SNAP_CREATE_V2 = 0x50009417;
const BTRFS_IOC_SUBVOL_GETFLAGS = 0x80089419;
const BTRFS_IOC_SUBVOL_SETFLAGS = 0x4008941a;

const BTRFS_SUBVOL_RDONLY = 2n;
/** The inode number of each subvolume's root. */
const BTRFS_FIRST_FREE_OBJECTID = 256;

/** struct btrfs_ioctl_vol_args, btrfs_ioctl_vol_args_v2, btrfs_ioctl_ino_lookup_args: all of one page. */
const ARGUMENT_BYTES = 4096;
/** Where the name begins in the first two of these. */
const NAME_OFFSET = 8;
const NAME_OFFSET_V2 = 56;

/** The kind of filesystem, for `filesystemType`: include/uapi/linux/magic.h. */
export const BTRFS_SUPER_MAGIC = 0x9123683e;

const ioctl = libcFunction<[number, number, Buffer]>("int ioctl(int fd, ulong request, void *argument)");

/** Makes an empty subvolume. @throws {ErrnoError} EEXIST; ENOTTY when the directory isn't on btrfs. */
export function createSubvolume(path: string): void {
  withDirectory(dirname(path), (fd) => ioctl(fd, BTRFS_IOC_SUBVOL_CREATE, argumentWithName(path, NAME_OFFSET)));
}

/** Makes a subvolume that is, at first, equal to another one, and can be written. What is mounted or nested in that one is left out. */
export function snapshotSubvolume(source: string, path: string): void {
  const argument = argumentWithName(path, NAME_OFFSET_V2);
  withDirectory(source, (sourceFd) => {
    argument.writeBigInt64LE(BigInt(sourceFd), 0);
    withDirectory(dirname(path), (fd) => ioctl(fd, BTRFS_IOC_SNAP_CREATE_V2, argument));
  });
}

/** Removes a subvolume with all that is in it, at once; the blocks are freed in the background. @throws {ErrnoError} EINVAL if it is none. */
export function destroySubvolume(path: string): void {
  withDirectory(dirname(path), (fd) => ioctl(fd, BTRFS_IOC_SNAP_DESTROY, argumentWithName(path, NAME_OFFSET)));
}

/** Whether a directory of btrfs is a subvolume's root. @returns `false` too for what is no directory, or isn't there. */
export function isSubvolume(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats?.isDirectory() === true && stats.ino === BTRFS_FIRST_FREE_OBJECTID;
}

/** Protects a subvolume from changes by anybody, or allows them again. */
export function setReadOnly(path: string, isReadOnly: boolean): void {
  withDirectory(path, (fd) => {
    const flags = Buffer.alloc(8);
    ioctl(fd, BTRFS_IOC_SUBVOL_GETFLAGS, flags);
    const others = flags.readBigUInt64LE() & ~BTRFS_SUBVOL_RDONLY;
    flags.writeBigUInt64LE(isReadOnly ? others | BTRFS_SUBVOL_RDONLY : others);
    ioctl(fd, BTRFS_IOC_SUBVOL_SETFLAGS, flags);
  });
}

/** The number of the subvolume that a directory is in, for the mount option `subvolid`. */
export function subvolumeId(path: string): bigint {
  return withDirectory(path, (fd) => {
    const argument = Buffer.alloc(ARGUMENT_BYTES); // the tree is 0: that of the descriptor
    argument.writeBigUInt64LE(BigInt(BTRFS_FIRST_FREE_OBJECTID), 8);
    ioctl(fd, BTRFS_IOC_INO_LOOKUP, argument);
    return argument.readBigUInt64LE(0);
  });
}

function argumentWithName(path: string, offset: number): Buffer {
  const argument = Buffer.alloc(ARGUMENT_BYTES);
  argument.write(basename(path), offset); // one that is too long for a directory is refused there
  return argument;
}

function withDirectory<T>(path: string, act: (fd: number) => T): T {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    return act(fd);
  } finally {
    closeSync(fd);
  }
}
