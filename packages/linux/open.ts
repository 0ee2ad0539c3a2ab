/**
 * Files relative to an open directory, the calls that `node:fs` lacks.
 *
 * A path that somebody else may change while we walk it (an archive being unpacked, a container's root) leads anywhere through its
 * symbolic links. An open directory is what it is. So: open the directory with `openat2`, which can refuse links or treat the
 * starting point as "/"; then act on a plain name inside it.
 *
 * @see https://man7.org/linux/man-pages/man2/openat2.2.html
 */
import { constants } from "node:fs";
import { libcFunction, systemCall } from "./libc.ts";

/** In place of a directory: the working directory. */
export const AT_FDCWD = -100;
/** Act on a symbolic link itself. */
export const AT_SYMLINK_NOFOLLOW = 0x100;
/** `unlinkat` removes a directory. */
export const AT_REMOVEDIR = 0x200;
/** `linkat` follows a symbolic link. */
export const AT_SYMLINK_FOLLOW = 0x400;
/** With an empty name: act on the descriptor itself. */
export const AT_EMPTY_PATH = 0x1000;

/** Open a place in the tree, not the file: for *at calls, fstat and /proc/self/fd, without permission to read. */
export const O_PATH = 0o10000000;
export const O_CLOEXEC = 0o2000000;

/** Fail with EXDEV where another mount begins. */
export const RESOLVE_NO_XDEV = 0x01;
/** Fail with ELOOP at links such as /proc/self/exe, that jump without a path. */
export const RESOLVE_NO_MAGICLINKS = 0x02;
/** Fail with ELOOP at any symbolic link. */
export const RESOLVE_NO_SYMLINKS = 0x04;
/** Fail with EXDEV on the way out of the directory. */
export const RESOLVE_BENEATH = 0x08;
/** Take the directory for "/", as chroot would: absolute links and ".." stay inside. */
export const RESOLVE_IN_ROOT = 0x10;

/** struct open_how, but the descriptor is always close-on-exec. */
export interface OpenHow {
  /** O_… of `fs.constants`, or O_PATH. */
  readonly flags: number;
  /** Permissions of a new file; only with O_CREAT or O_TMPFILE. */
  readonly mode?: number;
  /** RESOLVE_… flags. */
  readonly resolve: number;
}

/** A name or path; one that is no UTF-8 as its bytes, with a NUL at the end. */
export type FileName = string | Buffer;

const OPEN_HOW_SIZE = 24;
const NS_PER_SECOND = 1_000_000_000n;

const openat2Call = systemCall<[number, FileName, Buffer, number]>("openat2", ["int", "str", "void *", "size_t"], {
  path: 1,
});
const mkdiratFunction = libcFunction<[number, FileName, number]>("int mkdirat(int dir, str name, uint mode)", {
  path: 1,
});
const mknodatFunction = libcFunction<[number, FileName, number, number]>(
  "int mknodat(int dir, str name, uint mode, ulong device)",
  { path: 1 },
);
const unlinkatFunction = libcFunction<[number, FileName, number]>("int unlinkat(int dir, str name, int flags)", {
  path: 1,
});
const symlinkatFunction = libcFunction<[FileName, number, FileName]>("int symlinkat(str target, int dir, str name)", {
  path: 2,
});
const linkatFunction = libcFunction<[number, FileName, number, FileName, number]>(
  "int linkat(int old_dir, str old_name, int new_dir, str new_name, int flags)",
  { path: 3 },
);
const renameatFunction = libcFunction<[number, FileName, number, FileName]>(
  "int renameat(int old_dir, str old_name, int new_dir, str new_name)",
  { path: 3 },
);
const fchownatFunction = libcFunction<[number, FileName, number, number, number]>(
  "int fchownat(int dir, str name, uint owner, uint group, int flags)",
  { path: 1 },
);
const fchmodatFunction = libcFunction<[number, FileName, number, number]>(
  "int fchmodat(int dir, str name, uint mode, int flags)",
  { path: 1 },
);
const utimensatFunction = libcFunction<[number, FileName, Buffer, number]>(
  "int utimensat(int dir, str name, void *times, int flags)",
  { path: 1 },
);

const openatFunction = libcFunction<[number, FileName, number]>("int openat(int dir, str name, int flags)", {
  path: 1,
});

const readlinkatFunction = libcFunction<[number, FileName, Buffer, number]>(
  "long readlinkat(int dir, str name, void *target, size_t size)",
  { path: 1 },
);

/**
 * Opens a file with a say in how its path is walked.
 *
 * @param dirFd - Where a relative path starts, or AT_FDCWD.
 * @returns A close-on-exec descriptor, for `fs.readSync`, `fs.closeSync` and the calls below.
 * @throws {ErrnoError} EXDEV or ELOOP when `resolve` forbids the way; EAGAIN when a rename raced with "..": try again.
 * @see https://man7.org/linux/man-pages/man2/openat2.2.html
 */
export function openat2(dirFd: number, path: FileName, { flags, mode = 0, resolve }: OpenHow): number {
  const how = Buffer.alloc(OPEN_HOW_SIZE);
  how.writeBigUInt64LE(BigInt(flags | O_CLOEXEC), 0);
  how.writeBigUInt64LE(BigInt(mode), 8);
  how.writeBigUInt64LE(BigInt(resolve), 16);
  return openat2Call(dirFd, path, how, OPEN_HOW_SIZE);
}

/**
 * Opens a file, from a directory on. A call of 2006, which filters of system calls let pass where they don't know openat2.
 *
 * @throws {ErrnoError} As open(2).
 * @see https://man7.org/linux/man-pages/man2/openat.2.html
 */
export function openat(dirFd: number, path: FileName, flags: number): number {
  return openatFunction(dirFd, path, flags | O_CLOEXEC);
}

/** Opens a directory as a place to act in: see `openat2`. */
export function openDirectory(dirFd: number, path: FileName, resolve: number): number {
  return openat2(dirFd, path, { flags: O_PATH | constants.O_DIRECTORY, resolve });
}

/**
 * Makes a directory. The umask is taken away from `mode`.
 *
 * @see https://man7.org/linux/man-pages/man2/mkdirat.2.html
 */
export function mkdirat(dirFd: number, name: FileName, mode: number): void {
  mkdiratFunction(dirFd, name, mode);
}

/**
 * Makes a device node, fifo, socket or empty file: as `mknod` of mknod.ts.
 *
 * @see https://man7.org/linux/man-pages/man2/mknodat.2.html
 */
export function mknodat(dirFd: number, name: FileName, mode: number, device: number): void {
  mknodatFunction(dirFd, name, mode, device);
}

/**
 * Removes a name; with AT_REMOVEDIR, an empty directory.
 *
 * @see https://man7.org/linux/man-pages/man2/unlinkat.2.html
 */
export function unlinkat(dirFd: number, name: FileName, flags = 0): void {
  unlinkatFunction(dirFd, name, flags);
}

/**
 * Makes a symbolic link `name` that says `target`.
 *
 * @see https://man7.org/linux/man-pages/man2/symlinkat.2.html
 */
export function symlinkat(target: FileName, dirFd: number, name: FileName): void {
  symlinkatFunction(target, dirFd, name);
}

/**
 * Gives a file a second name.
 *
 * @param flags - AT_SYMLINK_FOLLOW; AT_EMPTY_PATH with an empty `oldName` links the descriptor's file (CAP_DAC_READ_SEARCH).
 * @see https://man7.org/linux/man-pages/man2/linkat.2.html
 */
export function linkat(oldDirFd: number, oldName: FileName, newDirFd: number, newName: FileName, flags = 0): void {
  linkatFunction(oldDirFd, oldName, newDirFd, newName, flags);
}

/**
 * Moves a file, over an existing one if need be.
 *
 * @see https://man7.org/linux/man-pages/man2/renameat.2.html
 */
export function renameat(oldDirFd: number, oldName: FileName, newDirFd: number, newName: FileName): void {
  renameatFunction(oldDirFd, oldName, newDirFd, newName);
}

/**
 * Changes the owner, of a symbolic link itself with AT_SYMLINK_NOFOLLOW. Clears set-user-ID bits: change the mode afterwards.
 *
 * @see https://man7.org/linux/man-pages/man2/fchownat.2.html
 */
export function fchownat(dirFd: number, name: FileName, owner: number, group: number, flags: number): void {
  fchownatFunction(dirFd, name, owner, group, flags);
}

/**
 * Changes permissions. A symbolic link has none: with AT_SYMLINK_NOFOLLOW it fails with ENOTSUP.
 *
 * @see https://man7.org/linux/man-pages/man2/fchmodat.2.html
 */
export function fchmodat(dirFd: number, name: FileName, mode: number, flags = 0): void {
  fchmodatFunction(dirFd, name, mode, flags);
}

/**
 * Sets the times of last access and modification, in nanoseconds since 1970, which may be negative.
 *
 * @see https://man7.org/linux/man-pages/man2/utimensat.2.html
 */
export function utimensat(dirFd: number, name: FileName, atimeNs: bigint, mtimeNs: bigint, flags: number): void {
  const times = Buffer.alloc(32); // two of struct timespec: seconds, nanoseconds
  for (const [i, time] of [atimeNs, mtimeNs].entries()) {
    const nanoseconds = ((time % NS_PER_SECOND) + NS_PER_SECOND) % NS_PER_SECOND;
    times.writeBigInt64LE((time - nanoseconds) / NS_PER_SECOND, 16 * i);
    times.writeBigInt64LE(nanoseconds, 16 * i + 8);
  }
  utimensatFunction(dirFd, name, times, flags);
}

/** PATH_MAX: no symbolic link is longer. */
const MAX_LINK_TARGET = 4096;

/**
 * What a symbolic link says, as bytes.
 *
 * @param name - In `dirFd`; empty when `dirFd` is the link itself, opened with O_PATH and O_NOFOLLOW.
 * @see https://man7.org/linux/man-pages/man2/readlinkat.2.html
 */
export function readlinkat(dirFd: number, name: FileName): Buffer {
  const target = Buffer.alloc(MAX_LINK_TARGET);
  return target.subarray(0, readlinkatFunction(dirFd, name, target, target.length));
}
