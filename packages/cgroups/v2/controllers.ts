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
import { directoriesDownTo, makeDirectory } from "../cgroup-path.ts";
import { readControlFile, writeControlFile } from "../control-file.ts";
import { removeEmpty } from "../remove.ts";

const WANTED = ["cpu", "cpuset", "io", "memory", "pids", "hugetlb"];

/** The controllers that the tree mounted at `root` has: on a hybrid host, those that no v1 tree took. */
export function availableControllers(root: string): string[] {
  const available = readControlFile(root, "cgroup.controllers").split(" ");
  return WANTED.filter((controller) => available.includes(controller));
}

/** Makes the cgroup and its ancestors, with all controllers that the tree has. Nothing is left of it when that fails. */
export function createWithControllers(root: string, path: string): void {
  const controllers = availableControllers(root);
  const made: string[] = [];
  let parent = root;
  try {
    for (const dir of directoriesDownTo(root, path)) {
      enable(parent, controllers);
      if (makeDirectory(dir)) made.push(dir);
      parent = dir;
    }
  } catch (error) {
    made.reverse().forEach(removeEmpty);
    throw error;
  }
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
