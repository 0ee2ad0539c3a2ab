/**
 * Places inside a container's root, before it is "/". The image may be hostile: a symbolic link in it, `/etc -> /`, must not lead a
 * mount to the host. So every path is resolved by the kernel with the container's root as "/", and the place that it found is held
 * by a descriptor, whose name in /proc is what mount(2) gets.
 *
 * @see https://man7.org/linux/man-pages/man2/openat2.2.html
 */
import { closeSync, readlinkSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { isErrno } from "@eras/linux/errno.ts";
import { S_IFREG } from "@eras/linux/mknod.ts";
import { mkdirat, mknodat, O_PATH, openat2, RESOLVE_IN_ROOT } from "@eras/linux/open.ts";

/** Calls `use` with a name that leads to `path` inside `root` and nowhere else. @throws ENOENT when there is no such file. */
export function withPlace<Result>(root: number, path: string, use: (name: string, fd: number) => Result): Result {
  const fd = openat2(root, path, { flags: O_PATH, resolve: RESOLVE_IN_ROOT });
  try {
    return use(`/proc/self/fd/${fd}`, fd);
  } finally {
    closeSync(fd);
  }
}

/** Whether there is a file at `path` inside `root`. */
export function existsInside(root: number, path: string): boolean {
  try {
    return withPlace(root, path, () => true);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return false;
    throw error;
  }
}

/** Makes an empty file or directory to mount on, with the directories above it, where there is none. LXC 0.8 failed there. */
export function makePlace(root: number, path: string, kind: "file" | "directory"): void {
  if (existsInside(root, path)) return;
  const parent = dirname(join("/", path));
  makePlace(root, parent, "directory");
  const link = withPlace(root, parent, (name, fd) => make(fd, `${name}/${basename(path)}`, kind));
  if (link !== undefined) makePlace(root, resolve(parent, link), kind);
}

/** @returns The target of a symbolic link that bears the name and leads nowhere yet. */
function make(parentFd: number, path: string, kind: "file" | "directory"): string | undefined {
  try {
    if (kind === "directory") mkdirat(parentFd, basename(path), 0o755);
    else mknodat(parentFd, basename(path), S_IFREG | 0o644, 0);
    return undefined;
  } catch (error) {
    if (!isErrno(error, "EEXIST")) throw error;
    return readlinkSync(path);
  }
}
