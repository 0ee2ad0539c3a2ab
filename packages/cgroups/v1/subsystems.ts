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

/** One cgroup in one tree: the directory `root + path`. */
export interface TreeDirectory {
  /** Where the tree is mounted. */
  readonly root: string;
  /** Below it: `/docker-eras/web`. */
  readonly path: string;
}

/** From controller, or the name of a tree without (`name=systemd`), to directory. */
export type V1Directories = ReadonlyMap<string, TreeDirectory>;

/** The directories at one path below the mount points of all trees. */
export function directoriesAt(mounts: ReadonlyMap<string, string>, path: string): V1Directories {
  return new Map([...mounts].map(([controller, root]) => [controller, { root, path }]));
}

/** Each directory once, though several controllers may share it. */
export function treeDirectories(directories: V1Directories): TreeDirectory[] {
  return [...new Map([...directories.values()].map((directory) => [directory.root, directory])).values()];
}

/** Makes the directories in all trees, or in none. */
export function createInAllTrees(directories: V1Directories): void {
  const made: string[] = [];
  try {
    for (const { root, path } of treeDirectories(directories)) {
      made.push(...makeCgroup(root, path));
      if (root === directories.get("cpuset")?.root) directoriesDownTo(root, path).forEach(inheritCpuset);
    }
  } catch (error) {
    made.reverse().forEach(removeEmpty);
    throw error;
  }
}
