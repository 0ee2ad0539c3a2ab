/**
 * /proc that is known to be the kernel's.
 *
 * In a container, /proc is what its mounts made of it. Whoever writes a security label to /proc/thread-self/attr/exec there may be
 * writing to a file of the image, or to another file of /proc that was mounted over it, and believes the label set. So:
 * look at the filesystem under the descriptor, and cross no further mount below it.
 */
import { closeSync, constants, fstatSync, writeSync } from "node:fs";
import { isErrno } from "./errno.ts";
import { fsconfigCreate, fsconfigSetString, fsmount, fsopen } from "./mount-fd.ts";
import {
  AT_FDCWD,
  openat2,
  openDirectory,
  RESOLVE_BENEATH,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
  RESOLVE_NO_XDEV,
} from "./open.ts";
import { filesystemType, PROC_SUPER_MAGIC } from "./statfs.ts";

/** The inode of procfs's own root: fs/proc/internal.h. A part of it that is mounted somewhere has another. */
const PROC_ROOT_INO = 1;

/**
 * Writes a file of /proc.
 *
 * @param path - Below /proc.
 * @throws {Error} When /proc isn't the kernel's.
 * @throws {ErrnoError} EXDEV when something is mounted over the file, or over a directory on the way.
 */
export function writeProcFile(path: string, text: string): void {
  const fd = openProcFile(path);
  try {
    writeSync(fd, text); // at once: the kernel takes each write for a whole value
  } finally {
    closeSync(fd);
  }
}

function openProcFile(path: string): number {
  const root = openDirectory(AT_FDCWD, "/proc", 0);
  try {
    if (!isProcRoot(root)) throw new Error(`Cannot use /proc/${path}: /proc is not the root of a proc filesystem`);
    const resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS;
    return openat2(root, path, { flags: constants.O_WRONLY, resolve });
  } finally {
    closeSync(root);
  }
}

/**
 * Opens a proc filesystem where one should be.
 *
 * @param path - Of its root. No symbolic link is followed.
 * @returns A descriptor for calls that start there, to be closed by the caller; undefined when there is another filesystem, or nothing.
 */
export function openProcRoot(path: string): number | undefined {
  try {
    const root = openDirectory(AT_FDCWD, path, RESOLVE_NO_SYMLINKS);
    if (isProcRoot(root)) return root;
    closeSync(root);
    return undefined;
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return undefined;
    throw error;
  }
}

/**
 * Makes a proc filesystem that lies nowhere, and shows the processes of our PID namespace and nothing of the kernel.
 *
 * @returns A descriptor of its root, for the caller to close; undefined when the kernel refuses, as in a user namespace that sees only a
 *   masked /proc.
 * @see https://docs.kernel.org/filesystems/proc.html, "subset="
 */
export function mountProcesses(): number | undefined {
  const fs = fsopen("proc");
  try {
    fsconfigSetString(fs, "subset", "pid");
    fsconfigCreate(fs);
    return fsmount(fs);
  } catch (error) {
    if (isErrno(error, "EPERM")) return undefined;
    throw error;
  } finally {
    closeSync(fs);
  }
}

function isProcRoot(fd: number): boolean {
  return filesystemType(fd) === PROC_SUPER_MAGIC && fstatSync(fd).ino === PROC_ROOT_INO;
}
