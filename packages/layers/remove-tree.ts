/**
 * Removes a directory with everything in it, while somebody hostile may be changing it.
 *
 * `rm -rf` by path names would follow a directory that is swapped for a symbolic link. Here every directory is opened without
 * following links, and emptied through its descriptor. Overlay whiteouts are device nodes like any other: they are unlinked, never
 * opened. A mount point stops the removal, for below it lies somebody else's data.
 */
import { closeSync, constants, readdirSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { isErrno } from "@eras/linux/errno.ts";
import {
  AT_FDCWD,
  AT_REMOVEDIR,
  openat2,
  openDirectory,
  RESOLVE_BENEATH,
  RESOLVE_NO_SYMLINKS,
  RESOLVE_NO_XDEV,
  renameat,
  unlinkat,
} from "@eras/linux/open.ts";
import { quote } from "./archive-error.ts";
import { decodeName, systemName } from "./file-name.ts";
import { descriptorPath } from "./target.ts";
import { Turns } from "./turns.ts";

/** A directory being emptied. */
interface OpenDirectory {
  readonly parentFd: number;
  readonly name: string;
  readonly fd: number;
  readonly names: string[];
}

/** Directories held open at once. What lies deeper is moved up first, so that no depth exhausts the descriptors. */
const MAX_OPEN = 128;

/**
 * Removes a file or directory tree; does nothing when there is none.
 *
 * @throws {Error} When something is mounted inside. What was removed until then stays removed.
 */
export async function removeTree(path: string): Promise<void> {
  const absolute = resolve(path);
  const parentFd = openParent(dirname(absolute));
  if (parentFd === undefined) return;
  try {
    await removeAt(parentFd, basename(absolute));
  } finally {
    closeSync(parentFd);
  }
}

function openParent(path: string): number | undefined {
  try {
    return openDirectory(AT_FDCWD, path, 0);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** Removes the file or directory tree `name` in an open directory. */
export async function removeAt(parentFd: number, name: string): Promise<void> {
  if (unlinkFile(parentFd, name)) return;
  const open: OpenDirectory[] = [openForEmptying(parentFd, name)];
  const turns = new Turns();
  try {
    while (open.length > 0) {
      emptyStep(open);
      if (turns.over()) await turns.next();
    }
  } finally {
    for (const { fd } of open) closeSync(fd);
  }
}

/** Removes one name of the innermost directory, or that directory when it is empty. */
function emptyStep(open: OpenDirectory[]): void {
  const current = open.at(-1)!;
  const name = current.names.pop();
  if (name === undefined) {
    open.pop();
    closeSync(current.fd);
    unlinkIfThere(current.parentFd, current.name, AT_REMOVEDIR);
  } else if (!unlinkFile(current.fd, name)) {
    if (open.length < MAX_OPEN) open.push(openForEmptying(current.fd, name));
    else moveUp(current, name, open[0]!);
  }
}

let moved = 0;

function moveUp(from: OpenDirectory, name: string, to: OpenDirectory): void {
  const newName = `.removing-${process.pid}-${moved++}`;
  renameat(from.fd, systemName(name), to.fd, newName);
  to.names.push(newName);
}

/** Whether the name is gone now; `false` for a directory. */
function unlinkFile(directoryFd: number, name: string): boolean {
  try {
    unlinkIfThere(directoryFd, name, 0);
    return true;
  } catch (error) {
    if (isErrno(error, "EISDIR")) return false;
    throw error;
  }
}

/** Somebody else may be removing the same tree. */
function unlinkIfThere(directoryFd: number, name: string, flags: number): void {
  try {
    unlinkat(directoryFd, systemName(name), flags);
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
  }
}

function openForEmptying(parentFd: number, name: string): OpenDirectory {
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  try {
    const resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
    const fd = openat2(parentFd, systemName(name), { flags, resolve });
    return { parentFd, name, fd, names: namesIn(fd) };
  } catch (error) {
    if (!isErrno(error, "EXDEV")) throw error;
    throw new Error(`Cannot remove ${quote(name)}: a filesystem is mounted there, unmount it first`, { cause: error });
  }
}

/** The names in an open directory, in no particular order. */
export function namesIn(fd: number): string[] {
  return readdirSync(descriptorPath(fd), { encoding: "buffer" }).map(decodeName);
}
