/**
 * The directories of one cgroup on v1: one in each tree, so that "the" cgroup is a bundle of directories with the same path.
 *
 *     /sys/fs/cgroup/memory/docker-eras/web      memory.limit_in_bytes …
 *     /sys/fs/cgroup/cpu,cpuacct/docker-eras/web cpu.shares, cpuacct.usage …     two controllers mounted together: one directory
 *     /sys/fs/cgroup/freezer/docker-eras/web     freezer.state
 */
import { directoriesDownTo, makeDirectory } from "../cgroup-path.ts";
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
    for (const root of treesOf(mounts)) createInTree(root, path, { isCpuset: root === mounts.get("cpuset"), made });
  } catch (error) {
    made.reverse().forEach(removeEmpty);
    throw error;
  }
}

function createInTree(root: string, path: string, { isCpuset, made }: { isCpuset: boolean; made: string[] }): void {
  for (const dir of directoriesDownTo(root, path)) {
    if (makeDirectory(dir)) made.push(dir);
    if (isCpuset) inheritCpuset(dir);
  }
}
