/** The way in: a cgroup by its path, whatever the machine has. */
import type { Cgroup } from "./cgroup.ts";
import { checkCgroupPath } from "./cgroup-path.ts";
import { cgroupMode, cgroupMounts } from "./detect.ts";
import { HybridCgroup } from "./hybrid-cgroup.ts";
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
      return new V1Cgroup(path, mounts.v1);
    case "v2":
      return new V2Cgroup(path, mounts.v2!);
    case "hybrid":
      return new HybridCgroup(path, mounts.v1, mounts.v2!);
  }
}
