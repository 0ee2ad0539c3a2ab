/**
 * Controllers on v2: a cgroup has the control files of those that its parent has switched on for its children.
 *
 *     /sys/fs/cgroup                       cgroup.subtree_control: cpu memory pids
 *     /sys/fs/cgroup/docker-eras           cgroup.subtree_control: cpu memory pids      no processes here
 *     /sys/fs/cgroup/docker-eras/web       memory.max, pids.max …                       processes here
 *
 * A cgroup other than the root either has processes or hands controllers on, never both.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html#no-internal-process-constraint
 */
import { isErrno } from "@eras/linux/errno.ts";
import { directoriesDownTo } from "../cgroup-path.ts";
import { readControlFile, writeControlFile } from "../control-file.ts";

const WANTED = ["cpu", "cpuset", "io", "memory", "pids", "hugetlb"];

/** The controllers that the tree mounted at `root` has: on a hybrid host, those that no v1 tree took. */
export function availableControllers(root: string): string[] {
  const available = readControlFile(root, "cgroup.controllers").split(" ");
  return WANTED.filter((controller) => available.includes(controller));
}

/**
 * Gives the cgroup at `path` the control files of controllers, from the top down: a cgroup can hand on only what it was given.
 *
 * @throws {Error} When an ancestor has processes of its own.
 */
export function enableControllers(root: string, path: string, controllers: readonly string[]): void {
  const ancestors = directoriesDownTo(root, path).slice(0, -1);
  for (const dir of [root, ...ancestors]) enable(dir, controllers);
}

function enable(dir: string, controllers: readonly string[]): void {
  const enabled = readControlFile(dir, "cgroup.subtree_control").split(" ");
  const missing = controllers.filter((controller) => !enabled.includes(controller));
  if (missing.length === 0) return;
  try {
    writeControlFile(dir, "cgroup.subtree_control", missing.map((controller) => `+${controller}`).join(" "));
  } catch (error) {
    if (!isErrno(error, "EBUSY")) throw error;
    const names = missing.join(", ");
    throw new Error(`Cannot enable ${names} below ${dir}: processes live in ${dir} itself; move them to a child`, {
      cause: error,
    });
  }
}
