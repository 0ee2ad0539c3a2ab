/**
 * Joining a cgroup, apart from the rest of this package: for a program that is about to become another, and loads little before.
 *
 * On v1 the calling thread alone is moved, which needs no waiting (0.4 ms for all trees) where moving a process waits until no
 * processor is in the middle of a fork (5 to 15 ms). Children that the thread spawns are born in the cgroup, and execve, which ends
 * the other threads, completes the move. v2 knows whole processes only; a hybrid host's v2 tree is left out.
 */
import { writeControlFile } from "./control-file.ts";
import { cgroupMounts } from "./detect.ts";

/**
 * Moves the caller into the cgroup at `path`, which `create()` has made.
 *
 * @throws {ControlFileError} When there is no such cgroup.
 */
export function addCaller(path: string): void {
  const { v1, v2 } = cgroupMounts();
  for (const root of new Set(v1.values())) writeControlFile(root + path, "tasks", 0); // 0 is whoever writes
  if (v1.size === 0 && v2 !== undefined) writeControlFile(v2 + path, "cgroup.procs", 0);
}
