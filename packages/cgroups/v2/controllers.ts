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

/** The controllers that the tree mounted at `root` has: on a hybrid host, those that no v1 tree took. */
export function availableControllers(root: string): string[] {
  return readControlFile(root, "cgroup.controllers").split(" ").filter(Boolean);
}

/**
 * Gives the cgroup at `path` the control files of controllers, from the top down: a cgroup can hand on only what it was given.
 *
 * @throws {Error} When an ancestor has processes of its own, which keep it from handing on anything, or can't hand on one of them. What
 *   could be handed on is, all the same.
 */
export function enableControllers(root: string, path: string, controllers: readonly string[]): void {
  let refusal: unknown;
  for (const dir of [root, ...directoriesDownTo(root, path).slice(0, -1)]) {
    try {
      enable(dir, controllers);
    } catch (error) {
      refusal ??= error;
    }
  }
  if (refusal !== undefined) throw refusal;
}

function enable(dir: string, controllers: readonly string[]): void {
  const enabled = readControlFile(dir, "cgroup.subtree_control").split(" ");
  const missing = controllers.filter((controller) => !enabled.includes(controller));
  if (missing.length === 0) return;
  try {
    writeControlFile(dir, "cgroup.subtree_control", missing.map((controller) => `+${controller}`).join(" "));
  } catch (error) {
    if (isErrno(error, "EBUSY")) throw processesInTheWay(dir, missing, error);
    enableOneByOne(dir, missing);
  }
}

/** Of an order for several the kernel carries out none when it refuses one, such as what is not there in a container. */
function enableOneByOne(dir: string, controllers: readonly string[]): void {
  let refusal: unknown;
  for (const controller of controllers) {
    try {
      writeControlFile(dir, "cgroup.subtree_control", `+${controller}`);
    } catch (error) {
      refusal ??= error;
    }
  }
  if (refusal !== undefined) throw refusal;
}

function processesInTheWay(dir: string, controllers: readonly string[], cause: unknown): Error {
  const names = controllers.join(", ");
  return new Error(`Cannot enable ${names} below ${dir}: processes live in ${dir} itself; move them to a child`, {
    cause,
  });
}
