/**
 * Where the cgroup of a container lies: what `linux.cgroupsPath` of config.json means, as runc has it without systemd.
 *
 *     /docker/3f2a   absolute     below the mount point of each tree: of our own view, which in a container is its cgroup
 *     web/3f2a       relative     v1: below the runtime's own cgroup, tree by tree
 *                                 v2: beside it, because a cgroup with processes can't hand on controllers
 *     left out                    the container's ID, relative
 *
 * A directory for each controller is what the state of a container records (`cgroup_paths` of state.json), so that later commands
 * find it wherever they are called from:
 *
 *     {"memory": "/sys/fs/cgroup/memory/docker/3f2a", …, "name=systemd": "/sys/fs/cgroup/systemd/docker/3f2a",
 *      "": "/sys/fs/cgroup/unified/docker/3f2a"}          v2's is called ""
 *
 * @see https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md#cgroups-path
 */
import { dirname, join, normalize, relative } from "node:path";
import { checkCgroupPath } from "./cgroup-path.ts";
import { type CgroupMounts, cgroupMounts } from "./detect.ts";
import { cgroupsOfProcess } from "./process-cgroups.ts";

/** From controller to the directory of one cgroup; v2's is called "". */
export type CgroupPaths = Readonly<Record<string, string>>;

/** The trees of v1 that runc uses, as far as they are mounted. */
const V1_TREES = [
  ...["cpuset", "devices", "memory", "cpu", "cpuacct", "pids", "blkio", "hugetlb", "net_cls", "net_prio"],
  ...["perf_event", "freezer", "rdma", "name=systemd"],
];

/**
 * The directories of a container's cgroup. None is made.
 *
 * @param cgroupsPath - Of config.json.
 * @throws {Error} When they would be a tree's root, which is everybody's, or the host can't guard devices.
 */
export function containerCgroupPaths(
  cgroupsPath: string | undefined,
  id: string,
  mounts: CgroupMounts = cgroupMounts(),
): CgroupPaths {
  const path = withinRoot(cgroupsPath || id);
  const own = path.startsWith("/") ? ROOTS : cgroupsOfProcess("self");
  if (mounts.v1.size === 0) return { "": join(mounts.v2!, dirname(own.get("") ?? "/"), path) };
  return { ...v1PathsBelow(own, path, mounts), ...(mounts.v2 !== undefined && { "": join(mounts.v2, path) }) };
}

/** Cgroups of nobody: the roots. */
const ROOTS: ReadonlyMap<string, string> = new Map();

/** Neither `/../x` nor `../x` leads out of where the path is taken from. */
function withinRoot(path: string): string {
  const inside = normalize(`/${path}`).replace(/\/$/, "");
  checkCgroupPath(inside);
  return path.startsWith("/") ? inside : inside.slice(1);
}

/**
 * The directories at a path below given cgroups, in the trees of v1.
 *
 * @param above - From controller to cgroup, below the root of the whole tree, as /proc/PID/cgroup names it.
 * @throws {Error} When the host can't guard devices.
 */
export function v1PathsBelow(above: ReadonlyMap<string, string>, path: string, mounts: CgroupMounts): CgroupPaths {
  const { v1, named, roots } = mounts;
  if (!v1.has("devices")) throw new Error(`Cannot make the cgroup ${path}: the devices controller is not mounted`);
  const mounted = V1_TREES.map((tree) => [tree, v1.get(tree) ?? named.get(tree)] as const);
  return Object.fromEntries(
    mounted.flatMap(([tree, mountPoint]) => {
      if (mountPoint === undefined) return [];
      const below = belowMount(above.get(tree), roots.get(mountPoint)!);
      return [[tree, join(mountPoint, below, path)]];
    }),
  );
}

/** In a container the tree's mount shows only a part of it, while /proc/self/cgroup may name the whole path. */
function belowMount(cgroup: string | undefined, mountRoot: string): string {
  const below = cgroup === undefined ? "/" : relative(mountRoot, cgroup);
  return below.startsWith("..") ? "/" : below;
}
