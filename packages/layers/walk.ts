/**
 * Walks a directory tree in a fixed order while somebody may be changing it.
 *
 * Like apply, it never uses a path of more than one name: a directory that is swapped for a symbolic link on the way is then seen as
 * the link, and nobody is led to read a file elsewhere. Each file is opened as a place (O_PATH), so what is examined, read and listed
 * is one and the same; a device or fifo is not woken by that.
 */
import { type BigIntStats, closeSync, constants, fstatSync } from "node:fs";
import { isErrno } from "@eras/linux/errno.ts";
import { AT_FDCWD, O_PATH, openat2, RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS } from "@eras/linux/open.ts";
import { compareNames, systemName } from "./file-name.ts";
import { namesIn } from "./remove-tree.ts";
import { joinPath } from "./safe-path.ts";
import { type AtMounts, openPlace } from "./target.ts";

/** A file on the way. */
export interface WalkedFile {
  /** Relative to the directory; "" for itself. */
  readonly path: string;
  /** O_PATH descriptor, valid until the next step of the walk. */
  readonly fd: number;
  readonly stats: BigIntStats;
}

interface OpenDirectory {
  readonly path: string;
  readonly fd: number;
  /** Those still to visit, last one first. */
  readonly names: string[];
}

/**
 * Yields the directory itself, then everything in it: each directory before what it holds, names in the order of their characters.
 *
 * A mount point is yielded; what is mounted there is entered only if that is asked for. Files that vanish meanwhile are left out. One descriptor per level
 * of depth is open at a time.
 *
 * @param isLeftOut - Names that are passed over, with what they hold.
 * @throws {ErrnoError} When `directory` is no directory or something in it can't be read.
 */
export function* walk(
  directory: string,
  isLeftOut = (_name: string) => false,
  at: AtMounts = {},
): Generator<WalkedFile> {
  const root = openat2(AT_FDCWD, directory, { flags: O_PATH | constants.O_DIRECTORY, resolve: 0 });
  const open: OpenDirectory[] = [list("", root)];
  try {
    yield { path: "", fd: root, stats: fstatSync(root, { bigint: true }) };
    while (open.length > 0) yield* visitNext(open, isLeftOut, at);
  } finally {
    for (const { fd } of open) closeSync(fd);
  }
}

/** Visits one more name of the innermost directory, or leaves that directory. */
function* visitNext(
  open: OpenDirectory[],
  isLeftOut: (name: string) => boolean,
  { entersMounts = false }: AtMounts,
): Generator<WalkedFile> {
  const current = open.at(-1)!;
  const name = current.names.pop();
  if (name === undefined) return closeSync(open.pop()!.fd);
  const place = isLeftOut(name) ? undefined : openIfThere(current.fd, name);
  if (place === undefined) return;
  const path = joinPath(current.path, name);
  let isEntered = false;
  try {
    const stats = fstatSync(place.fd, { bigint: true });
    yield { path, fd: place.fd, stats };
    if (!stats.isDirectory() || (place.isMountPoint && !entersMounts)) return;
    open.push(list(path, place.fd));
    isEntered = true;
  } finally {
    if (!isEntered) closeSync(place.fd);
  }
}

function list(path: string, fd: number): OpenDirectory {
  return { path, fd, names: namesIn(fd).sort(compareNames).reverse() };
}

function openIfThere(directoryFd: number, name: string): { fd: number; isMountPoint: boolean } | undefined {
  try {
    return { fd: openPlace(directoryFd, name), isMountPoint: false };
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    if (!isErrno(error, "EXDEV")) throw error;
    const flags = O_PATH | constants.O_NOFOLLOW;
    const fd = openat2(directoryFd, systemName(name), { flags, resolve: RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS });
    return { fd, isMountPoint: true };
  }
}
