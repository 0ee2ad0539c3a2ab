/**
 * Places inside a container's root, before it is "/". The image may be hostile: a symbolic link in it, `/etc -> /`, must not lead a
 * mount to the host. So every path is resolved by the kernel with the container's root as "/", and the place that it found is held
 * by a descriptor, whose name in /proc is what mount(2) gets.
 *
 * @see https://man7.org/linux/man-pages/man2/openat2.2.html
 */
import { closeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
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
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return false;
    throw error;
  }
}

/** Makes an empty file or directory to mount on, with the directories above it, where there is none. LXC 0.8 failed there. */
export function makePlace(root: number, path: string, kind: "file" | "directory"): void {
  if (existsInside(root, path)) return;
  const parent = dirname(join("/", path));
  makePlace(root, parent, "directory");
  withPlace(root, parent, (_, fd) => {
    if (kind === "directory") mkdirat(fd, basename(path), 0o755);
    else mknodat(fd, basename(path), S_IFREG | 0o644, 0);
  });
}
