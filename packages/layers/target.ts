/**
 * The directory that an archive is unpacked into, as a place that nothing leads out of.
 *
 * Every file is made in two steps: open its parent directory, then act on a plain name in there. The first step is openat2(2) with
 * RESOLVE_IN_ROOT: the kernel walks the path as if the target were "/", so that a symbolic link, whoever put it there and even if it
 * is swapped in while we walk, ends inside. The second step never follows a link: it makes new names only (O_EXCL), or removes old
 * ones. RESOLVE_NO_XDEV keeps us off filesystems that are mounted inside the target, unless they belong to it.
 *
 *     etc/passwd ─▶ openat2(target, "etc", RESOLVE_IN_ROOT) = 5 ─▶ openat2(5, "passwd", O_CREAT | O_EXCL)
 */
import { closeSync, constants, fstatSync } from "node:fs";
import { isErrno } from "@eras/linux/errno.ts";
import {
  AT_FDCWD,
  O_PATH,
  openat2,
  RESOLVE_BENEATH,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
  RESOLVE_NO_XDEV,
} from "@eras/linux/open.ts";
import { systemName } from "./file-name.ts";

const INSIDE = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
const PLAIN_NAME = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
/** How often a rename somewhere in the system may disturb one walk before we give up. */
const MAX_ATTEMPTS = 1000;

/** What is done at a mount point. */
export interface AtMounts {
  /** What is mounted there is a part of the tree; otherwise it is none of our business. */
  readonly entersMounts?: boolean;
}

const crossing = ({ entersMounts }: AtMounts) => (entersMounts ? 0 : RESOLVE_NO_XDEV);

/** The root of an unpacking. Remembers the directory used last, for neighbours in an archive mostly share it. */
export class Target {
  readonly rootFd: number;
  readonly entersMounts: boolean;
  #lastPath: string | undefined;
  #lastFd = -1;

  /** @throws {ErrnoError} When `directory` is no directory. */
  constructor(directory: string, { entersMounts = false }: AtMounts = {}) {
    this.entersMounts = entersMounts;
    this.rootFd = openat2(AT_FDCWD, directory, { flags: constants.O_RDONLY | constants.O_DIRECTORY, resolve: 0 });
  }

  /**
   * Opens the directory with a safe path.
   *
   * @returns A descriptor that stays this object's own, valid until the next call.
   * @throws {ErrnoError} ENOENT, ENOTDIR; ELOOP for links in a circle; EXDEV at a mount point that is not to be entered.
   */
  directory(path: string): number {
    if (path === "") return this.rootFd;
    if (path === this.#lastPath) return this.#lastFd;
    this.forget();
    this.#lastFd = openInside(this, path);
    this.#lastPath = path;
    return this.#lastFd;
  }

  /** `directory`, or `undefined` when there is none. */
  find(path: string): number | undefined {
    return ifThere(() => this.directory(path));
  }

  /** `find` with a descriptor that the caller closes. */
  findOwn(path: string): number | undefined {
    return ifThere(() => openInside(this, path === "" ? "." : path));
  }

  /** Forgets the directory used last: to be called when a directory may have been replaced. */
  forget(): void {
    if (this.#lastPath !== undefined) closeSync(this.#lastFd);
    this.#lastPath = undefined;
  }

  close(): void {
    this.forget();
    closeSync(this.rootFd);
  }
}

function ifThere(open: () => number): number | undefined {
  try {
    return open();
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

function openInside(target: Target, path: string): number {
  const resolve = INSIDE | crossing(target);
  for (let attempt = 1; ; attempt++) {
    try {
      return openat2(target.rootFd, systemName(path), { flags: O_PATH | constants.O_DIRECTORY, resolve });
    } catch (error) {
      if (!isErrno(error, "EAGAIN") || attempt === MAX_ATTEMPTS) throw error; // EAGAIN: a rename raced with a ".." in a link
    }
  }
}

/** Makes a regular file that did not exist, open for writing. @throws {ErrnoError} EEXIST. */
export function createFile(directoryFd: number, name: string): number {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  return openat2(directoryFd, systemName(name), { flags, mode: 0o600, resolve: PLAIN_NAME | RESOLVE_NO_XDEV });
}

/**
 * Opens whatever has this name, a symbolic link itself included, as a place only: without reading it or waking a device.
 *
 * @throws {ErrnoError} ENOENT; EXDEV when it is a mount point that is not to be entered.
 */
export function openPlace(directoryFd: number, name: string, at: AtMounts = {}): number {
  const resolve = PLAIN_NAME | crossing(at);
  return openat2(directoryFd, systemName(name), { flags: O_PATH | constants.O_NOFOLLOW, resolve });
}

/** Opens a file of one layer as a place. The layer's symbolic links are not followed. */
export function openInLayer(layer: number, path: string): number {
  const flags = O_PATH | constants.O_NOFOLLOW;
  return openat2(layer, systemName(path === "" ? "." : path), {
    flags,
    resolve: RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
  });
}

/** The path by which calls that take no descriptor reach an open file. @see https://man7.org/linux/man-pages/man5/proc_pid_fd.5.html */
export function descriptorPath(fd: number): string {
  return `/proc/self/fd/${fd}`;
}

/** Runs `action` on a descriptor and closes it in any case. */
export function withDescriptor<T>(fd: number, action: (fd: number) => T): T {
  try {
    return action(fd);
  } finally {
    closeSync(fd);
  }
}

/** What has this name: a symbolic link is a "file", wherever it leads. */
export function kindOf(directoryFd: number, name: string, at: AtMounts = {}): "file" | "directory" | "nothing" {
  try {
    return withDescriptor(openPlace(directoryFd, name, at), (fd) =>
      fstatSync(fd).isDirectory() ? "directory" : "file",
    );
  } catch (error) {
    if (isErrno(error, "ENOENT")) return "nothing";
    throw error;
  }
}

/** Whether two names lead to one file. */
export function isSameFile(a: { fd: number; name: string }, b: { fd: number; name: string }): boolean {
  const [one, other] = [a, b].map(({ fd, name }) => {
    return withDescriptor(openPlace(fd, name), (place) => fstatSync(place, { bigint: true }));
  });
  return one!.dev === other!.dev && one!.ino === other!.ino;
}
