/** Where the cgroup of a process is. */
import { join } from "node:path";
import type { CgroupPaths } from "@eras/cgroups/container-paths.ts";
import { cgroupMounts } from "@eras/cgroups/detect.ts";
import { cgroupsOfProcess } from "@eras/cgroups/process-cgroups.ts";

/** The directories of the cgroup that a process is in. */
export function cgroupPathsOf(pid: number): CgroupPaths {
  const { v1, v2, named } = cgroupMounts();
  const roots = new Map<string, string>([...v1, ...named, ...(v2 === undefined ? [] : [["", v2] as const])]);
  const paths = [...cgroupsOfProcess(pid)].flatMap(([tree, path]) => {
    const root = roots.get(tree);
    return root === undefined ? [] : [[tree, join(root, path)] as const];
  });
  return Object.fromEntries(paths);
}
