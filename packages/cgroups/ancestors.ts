/**
 * Making and removing a cgroup in one tree, with the ancestors that it needs.
 *
 * Ancestors that had to be made bear a mark, an extended attribute; they go when the last of their children goes, whichever process
 * removes that. Other people's cgroups have no mark and stay, empty or not.
 *
 *     make /a/b     mkdir a, mark a, mkdir a/b        there was no a
 *     make /a/c     mkdir a/c
 *     remove /a/b   rmdir a/b, a is marked: rmdir a   EBUSY, there is c
 *     remove /a/c   rmdir a/c, a is marked: rmdir a
 *
 * Several processes do so at once, without a lock. So `a` may vanish between two steps of making `a/b`, which then begins anew; as
 * soon as there is `a/b`, nobody can remove `a`.
 */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { isErrno } from "@eras/linux/errno.ts";
import { getxattr, removexattr, setxattr } from "@eras/linux/xattr.ts";
import { directoriesDownTo, makeDirectory } from "./cgroup-path.ts";
import { removeCgroup, removeEmpty } from "./remove.ts";

/** Only root of the host may set it or see it. */
const MARK = "trusted.docker-eras.ancestor";

/**
 * Makes the directory at `path` below `root`, and those above it.
 *
 * @returns The directories that were not there, outermost first. When it fails, none of them is left.
 */
export function makeCgroup(root: string, path: string): string[] {
  const made: string[] = [];
  try {
    for (const dir of directoriesDownTo(root, path)) {
      const isNew = makeDirectory(dir);
      if (isNew) made.push(dir);
      const isAncestor = dir !== root + path;
      if (isNew && isAncestor) mark(dir);
      if (!isNew && !isAncestor) unmark(dir); // somebody wants it for itself now
    }
    return made;
  } catch (error) {
    made.reverse().forEach(removeEmpty);
    if (hasVanished(error) && existsSync(root)) return makeCgroup(root, path);
    throw error;
  }
}

/** mkdir says ENODEV when its parent is removed at the same moment. */
function hasVanished(error: unknown): boolean {
  return isErrno(error, "ENOENT", "ENODEV") || (error instanceof Error && isErrno(error.cause, "ENOENT", "ENODEV"));
}

/** Root of a user namespace may not mark; then the ancestors stay. */
function mark(dir: string): void {
  try {
    setxattr(dir, MARK, Buffer.from("1"));
  } catch (error) {
    if (!isErrno(error, "EPERM", "EOPNOTSUPP")) throw error;
  }
}

function unmark(dir: string): void {
  if (isMarked(dir)) removexattr(dir, MARK);
}

function isMarked(dir: string): boolean {
  try {
    return getxattr(dir, MARK) !== undefined;
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENODEV", "EOPNOTSUPP")) return false;
    throw error;
  }
}

/**
 * Removes the cgroup at `path` below `root` with its children, then the marked ancestors that are empty.
 *
 * @throws {Error} When it is still busy after two seconds; names the processes in it.
 */
export async function deleteCgroup(root: string, path: string): Promise<void> {
  await removeCgroup(root + path);
  for (let dir = dirname(root + path); dir !== root; dir = dirname(dir)) {
    if (!isMarked(dir) || !removeEmpty(dir)) return;
  }
}
