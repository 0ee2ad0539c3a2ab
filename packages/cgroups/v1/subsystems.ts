/**
 * The directories of one cgroup on v1: one in each tree, so that "the" cgroup is a bundle of directories with the same path.
 *
 *     /sys/fs/cgroup/memory/docker-eras/web      memory.limit_in_bytes …
 *     /sys/fs/cgroup/cpu,cpuacct/docker-eras/web cpu.shares, cpuacct.usage …     two controllers mounted together: one directory
 *     /sys/fs/cgroup/freezer/docker-eras/web     freezer.state
 */
import { makeCgroup } from "../ancestors.ts";
import { directoriesDownTo } from "../cgroup-path.ts";
import { removeEmpty } from "../remove.ts";
import { inheritCpuset } from "./cpuset.ts";

/** From controller to mount point. */
export type V1Mounts = ReadonlyMap<string, string>;

/** Each tree once, though several controllers may share it. */
export function treesOf(mounts: V1Mounts): string[] {
  return [...new Set(mounts.values())];
}

/** Makes the directories in all trees, or in none. */
export function createInAllTrees(mounts: V1Mounts, path: string): void {
  const made: string[] = [];
  try {
    for (const root of treesOf(mounts)) {
      made.push(...makeCgroup(root, path));
      if (root === mounts.get("cpuset")) directoriesDownTo(root, path).forEach(inheritCpuset);
    }
  } catch (error) {
    made.reverse().forEach(removeEmpty);
    throw error;
  }
}
