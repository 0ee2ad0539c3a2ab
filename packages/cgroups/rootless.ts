/** Cgroups made by a user who is not root: where somebody has given them a part of a tree, and nowhere else. */
import { isErrno } from "@eras/linux/errno.ts";
import type { Cgroup } from "./cgroup.ts";
import type { CgroupPaths } from "./container-paths.ts";
import { openCgroupAt } from "./open.ts";

/**
 * Makes a cgroup in those trees in which the caller may.
 *
 * It is for containers of users who asked for no particular cgroup: they run all the same. A limit then fails whose controller is in one
 * of the other trees; leave out `devices`, which such users can't limit anywhere.
 *
 * @returns The cgroup in those trees, maybe in none.
 */
export function createWherePermitted(paths: CgroupPaths): Cgroup {
  return openCgroupAt(Object.fromEntries(Object.entries(paths).filter(([tree, dir]) => isMade({ [tree]: dir }))));
}

function isMade(paths: CgroupPaths): boolean {
  try {
    openCgroupAt(paths).create();
    return true;
  } catch (error) {
    if (isForbidden(error) || (error instanceof Error && isForbidden(error.cause))) return false;
    throw error;
  }
}

function isForbidden(error: unknown): boolean {
  return isErrno(error, "EACCES", "EPERM", "EROFS");
}
