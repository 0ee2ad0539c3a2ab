/** The way in: a cgroup by its path, or by its directories, whatever the machine has. */
import type { Cgroup } from "./cgroup.ts";
import { checkCgroupPath } from "./cgroup-path.ts";
import type { CgroupPaths } from "./container-paths.ts";
import { type CgroupMounts, cgroupMode, cgroupMounts } from "./detect.ts";
import { HybridCgroup } from "./hybrid-cgroup.ts";
import { directoriesAt, type TreeDirectory } from "./v1/subsystems.ts";
import { V1Cgroup } from "./v1/v1-cgroup.ts";
import { V2Cgroup } from "./v2/v2-cgroup.ts";

/**
 * Opens the cgroup at `path`, which need not exist yet: `create()` makes it.
 *
 * @param path - Below the root of each tree, as mounted here; inside a container that root is the container's own cgroup.
 * @throws {Error} When the path is no path of a cgroup, or the machine has no control groups.
 */
export function openCgroup(path: string): Cgroup {
  checkCgroupPath(path);
  const mounts = cgroupMounts();
  switch (cgroupMode(mounts)) {
    case "v1":
      return new V1Cgroup(path, directoriesAt(mounts.v1, path));
    case "v2":
      return new V2Cgroup(path, mounts.v2!);
    case "hybrid":
      return new HybridCgroup(new V1Cgroup(path, directoriesAt(mounts.v1, path)), new V2Cgroup(path, mounts.v2!));
  }
}

/**
 * Opens the cgroup in the directories given, which need not exist yet: those of `containerCgroupPaths`, or what an earlier command has
 * recorded of a container's cgroup. Without any it is a cgroup that limits nothing and that everybody is in.
 *
 * @throws {Error} When a directory is not in the tree that it is said to be in.
 */
export function openCgroupAt({ "": v2Path, ...v1Paths }: CgroupPaths, mounts: CgroupMounts = cgroupMounts()): Cgroup {
  const { v1, named } = mounts;
  const directories = Object.entries(v1Paths).map(
    ([tree, dir]) => [tree, inTree(dir, v1.get(tree) ?? named.get(tree))] as const,
  );
  const v2 = v2Path === undefined ? undefined : inTree(v2Path, mounts.v2);
  if (v2 !== undefined && directories.length === 0) return new V2Cgroup(v2.path, v2.root);
  const v1Cgroup = new V1Cgroup(directories[0]?.[1].path ?? "", new Map(directories));
  return v2 === undefined ? v1Cgroup : new HybridCgroup(v1Cgroup, new V2Cgroup(v2.path, v2.root));
}

function inTree(dir: string, root: string | undefined): TreeDirectory {
  const path = root !== undefined && dir.startsWith(`${root}/`) ? dir.slice(root.length) : "";
  if (root === undefined || path === "") throw new Error(`Cannot use ${dir} as a cgroup: it is not below ${root}`);
  checkCgroupPath(path);
  return { root, path };
}
