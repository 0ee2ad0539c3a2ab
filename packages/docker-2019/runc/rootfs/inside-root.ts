/**
 * Places inside a container's root. The image may be hostile, and so may be another container that shares a directory with this one
 * and changes it while we work. So a path is resolved once, by the kernel, with the container's root as "/"; the place that it found
 * is held by a descriptor, and only the descriptor is used from then on: nobody can exchange it (CVE-2021-30465).
 *
 * @see https://man7.org/linux/man-pages/man2/openat2.2.html
 */
import { closeSync, readlinkSync } from "node:fs";
import { constants } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { ErrnoError, isErrno } from "@eras/linux/errno.ts";
import { S_IFREG } from "@eras/linux/mknod.ts";
import {
  mkdirat,
  mknodat,
  O_PATH,
  openat2,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
  readlinkat,
} from "@eras/linux/open.ts";

/** A directory that is, or will be, "/" of a container. */
export interface ContainerRoot {
  /** Of O_PATH. */
  readonly fd: number;
  /** Absolute, without symbolic links, as we see it. */
  readonly path: string;
}

export type PlaceKind = "file" | "directory";

/** As many as the kernel follows in one path: path_resolution(7). */
const MAX_LINKS = 40;

/** EAGAIN tells of a rename at the wrong moment. Whoever renames all the time shall not hold us for ever. */
const MAX_TRIES = 100;

/** What runc gives to directories that it makes on the way, and to files that something is mounted on. */
const MODE = 0o755;

/**
 * Opens the place that `path` leads to.
 *
 * @param flags - In addition to O_PATH: O_NOFOLLOW for a symbolic link itself.
 * @returns A descriptor, for the caller to close.
 * @throws {ErrnoError} ENOENT or ENOTDIR when there is no such place.
 */
export function openPlace(root: ContainerRoot, path: string, flags = 0): number {
  const how = { flags: O_PATH | flags, resolve: RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
  for (let tries = 1; ; tries++) {
    try {
      return openat2(root.fd, path, how);
    } catch (error) {
      if (!isErrno(error, "EAGAIN") || tries === MAX_TRIES) throw error;
    }
  }
}

/** As {@link openPlace}; undefined when there is no such place. */
export function openPlaceIfAny(root: ContainerRoot, path: string, flags = 0): number | undefined {
  try {
    return openPlace(root, path, flags);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

/**
 * Opens the place that `path` leads to. Where there is nothing, an empty file or directory is made first, and the directories above
 * it. A symbolic link that leads nowhere is followed: what it names is made.
 *
 * @returns A descriptor, for the caller to close.
 * @throws {ErrnoError} With the host's path, when something can't be made.
 */
export function makePlace(root: ContainerRoot, path: string, kind: PlaceKind, linksLeft = MAX_LINKS): number {
  const found = openPlaceIfAny(root, path);
  if (found !== undefined) return found;
  if (linksLeft <= 0) throw new ErrnoError("openat2", constants.errno.ELOOP, path);
  return withFd(makePlace(root, dirname(join("/", path)), "directory", linksLeft), (parent) =>
    makePlaceIn(root, parent, basename(join("/", path)), kind, linksLeft),
  );
}

/** As {@link makePlace}, for a name in an open directory. */
export function makePlaceIn(
  root: ContainerRoot,
  parent: number,
  name: string,
  kind: PlaceKind,
  linksLeft = MAX_LINKS,
): number {
  make(root, parent, name, kind);
  try {
    return openat2(parent, name, { flags: O_PATH, resolve: RESOLVE_NO_SYMLINKS });
  } catch (error) {
    if (!isErrno(error, "ELOOP")) throw error;
    const target = resolve(pathInside(root, parent), readlinkat(parent, name).toString());
    return makePlace(root, target, kind, linksLeft - 1);
  }
}

/** Something that is there already is looked at afterwards. An error has the path on the host, and the call that runc has for it. */
function make(root: ContainerRoot, parent: number, name: string, kind: PlaceKind): void {
  try {
    if (kind === "directory") mkdirat(parent, name, MODE);
    else mknodat(parent, name, S_IFREG | MODE, 0);
  } catch (error) {
    if (isErrno(error, "EEXIST")) return;
    const path = join(root.path, pathInside(root, parent), name);
    throw new ErrnoError(kind === "directory" ? "mkdir" : "open", (error as ErrnoError).errno, path);
  }
}

/**
 * Where an open place is, seen from inside. Works while the host's /proc is in reach, before the root becomes "/".
 *
 * @throws {Error} When it is not inside: it has been moved away since it was opened.
 */
export function pathInside({ path: rootPath }: ContainerRoot, fd: number): string {
  const path = readlinkSync(procPath(fd));
  if (path === rootPath) return "/";
  if (rootPath === "/") return path;
  if (!path.startsWith(`${rootPath}/`)) throw new Error(`possible breakout: ${path} is outside of ${rootPath}`);
  return path.slice(rootPath.length);
}

/** A name for an open place, for calls that take only paths. */
export function procPath(fd: number): string {
  return `/proc/self/fd/${fd}`;
}

/** Calls `use` with a descriptor, and closes it. */
export function withFd<Result>(fd: number, use: (fd: number) => Result): Result {
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}
