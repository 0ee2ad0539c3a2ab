/**
 * Joining a cgroup by oneself, apart from the rest of this package: for a program that is about to become another, which neither
 * loads much before nor has the control files in reach to the end.
 *
 * On v1 that moves the calling thread alone, which needs no waiting (0.4 ms for all trees) where moving a process waits until no
 * processor is in the middle of a fork (5 to 15 ms). Children that the thread spawns are born in the cgroup, and execve, which ends
 * the other threads, completes the move. v2 knows whole processes only.
 */
import type { CgroupPaths } from "./container-paths.ts";
import { cgroupMounts } from "./detect.ts";

/**
 * The files that move whoever writes "0" to each into the cgroup at `path`, which `create()` has made. A hybrid host's v2 tree is left
 * out.
 */
export function callerFiles(path: string): string[] {
  const { v1, v2 } = cgroupMounts();
  if (v1.size === 0) return [`${v2}${path}/cgroup.procs`];
  return [...new Set(v1.values())].map((root) => `${root}${path}/tasks`);
}

/** The same for a cgroup by its directories, the v2 tree included: its file comes last, and is the one that waits. */
export function callerFilesAt({ "": v2, ...v1 }: CgroupPaths): string[] {
  const tasks = [...new Set(Object.values(v1))].map((dir) => `${dir}/tasks`);
  return v2 === undefined ? tasks : [...tasks, `${v2}/cgroup.procs`];
}
