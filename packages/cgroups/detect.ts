/**
 * Which cgroup trees this machine has, and where they are mounted:
 *
 *     v1       a tree for each controller, or for a few together       /sys/fs/cgroup/memory, /sys/fs/cgroup/cpu,cpuacct
 *     v2       one tree                                                /sys/fs/cgroup
 *     hybrid   v1's, and a v2 tree for the controllers left over       … and /sys/fs/cgroup/unified
 *
 * Mount points are a habit, not a rule, so /proc/self/mountinfo is asked, once.
 */
import { type MountInfo, readMountinfo } from "@eras/linux/mountinfo.ts";

export type CgroupMode = "v1" | "v2" | "hybrid";

/** The mounted trees. */
export interface CgroupMounts {
  /** From controller to mount point; controllers mounted together share one. */
  readonly v1: ReadonlyMap<string, string>;
  /** Trees of v1 that have a name in place of a controller, and so hold no limits: `name=systemd`. */
  readonly named: ReadonlyMap<string, string>;
  readonly v2?: string;
  /** By mount point, what of the tree is mounted there: `/` on a host, the container's own cgroup in a container. */
  readonly roots: ReadonlyMap<string, string>;
}

let known: CgroupMounts | undefined;

/** The trees of this machine, as the process saw them when it first asked. */
export function cgroupMounts(): CgroupMounts {
  known ??= findCgroupMounts(readMountinfo());
  return known;
}

/** Mount points of all trees, those without a controller too. */
export function cgroupTrees(): string[] {
  return readMountinfo()
    .filter(({ type }) => type === "cgroup" || type === "cgroup2")
    .map(({ mountPoint }) => mountPoint);
}

/** How the machine's control groups are laid out. */
export function cgroupMode(mounts: CgroupMounts = cgroupMounts()): CgroupMode {
  if (mounts.v1.size > 0) return mounts.v2 === undefined ? "v1" : "hybrid";
  if (mounts.v2 !== undefined) return "v2";
  throw new Error("Cannot find control groups: no cgroup or cgroup2 file system is mounted");
}

/** Picks the cgroup trees out of a list of mounts. Of a tree mounted twice the first counts. */
export function findCgroupMounts(mountinfo: readonly MountInfo[]): CgroupMounts {
  const v1 = new Map<string, string>();
  const named = new Map<string, string>();
  const roots = new Map<string, string>();
  let v2: string | undefined;
  for (const { type, mountPoint, root, superOptions } of mountinfo) {
    if (type !== "cgroup" && type !== "cgroup2") continue;
    roots.set(mountPoint, root);
    if (type === "cgroup2") v2 ??= mountPoint;
    else for (const option of superOptions) addTree(isController(option) ? v1 : named, option, mountPoint);
  }
  return { v1, named, ...(v2 !== undefined && { v2 }), roots };
}

function addTree(trees: Map<string, string>, option: string, mountPoint: string): void {
  if ((isController(option) || option.startsWith("name=")) && !trees.has(option)) trees.set(option, mountPoint);
}

const CONTROLLERS = new Set(
  "cpu cpuacct cpuset memory devices freezer blkio pids hugetlb net_cls net_prio perf_event rdma misc".split(" "),
);

/** The options of the mount name its controllers among others: `rw,cpu,cpuacct`, `rw,xattr,name=systemd`. */
function isController(option: string): boolean {
  return CONTROLLERS.has(option);
}
