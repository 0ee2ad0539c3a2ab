/** The trees of control groups v1, and the place of a process in each. */
import { basename, join, relative } from "node:path";
import type { MountInfo } from "@eras/linux/mountinfo.ts";

export interface CgroupTree {
  /** Where the host has it. */
  readonly mountPoint: string;
  /** `memory`, `cpu,cpuacct`, `systemd`. */
  readonly name: string;
  /** The process's cgroup, on the host. */
  readonly directory: string;
}

/**
 * Finds the trees in a list of mounts: of a tree that is mounted several times the first counts.
 *
 * @param cgroups - From controller, or `name=…`, to the process's cgroup.
 */
export function cgroupTreesOf(cgroups: ReadonlyMap<string, string>, mounts: readonly MountInfo[]): CgroupTree[] {
  const seen = new Set<string>();
  return mounts.flatMap(({ type, mountPoint, root, superOptions }) => {
    if (type !== "cgroup") return [];
    const controllers = superOptions.filter((option) => cgroups.has(option) && !seen.has(option));
    for (const controller of controllers) seen.add(controller);
    const path = cgroups.get(controllers[0] ?? "none");
    if (path === undefined) return [];
    return [{ mountPoint, name: basename(mountPoint), directory: join(mountPoint, relative(root, path)) }];
  });
}
