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
  if (mounts.v1.size === 0) return { "": v2Directory(mounts.v2!, path) };
  if (!mounts.v1.has("devices"))
    throw new Error(`Cannot make the cgroup of ${id}: the devices controller is not mounted`);
  return { ...v1Directories(mounts, path), ...(mounts.v2 !== undefined && { "": join(mounts.v2, path) }) };
}

/** Neither `/../x` nor `../x` leads out of where the path is taken from. */
function withinRoot(path: string): string {
  const inside = normalize(`/${path}`).replace(/\/$/, "");
  checkCgroupPath(inside);
  return path.startsWith("/") ? inside : inside.slice(1);
}

function v2Directory(mountPoint: string, path: string): string {
  return path.startsWith("/") ? mountPoint + path : join(mountPoint, dirname(cgroupsOfProcess("self").get("")!), path);
}

function v1Directories({ v1, named, roots }: CgroupMounts, path: string): CgroupPaths {
  const own = path.startsWith("/") ? undefined : cgroupsOfProcess("self");
  const directories: Record<string, string> = {};
  for (const tree of V1_TREES) {
    const mountPoint = v1.get(tree) ?? named.get(tree);
    if (mountPoint === undefined) continue;
    const above = own === undefined ? "/" : belowMount(own.get(tree) ?? "/", roots.get(mountPoint)!);
    directories[tree] = join(mountPoint, above, path);
  }
  return directories;
}

/** In a container the tree's mount shows only a part of it, while /proc/self/cgroup may name the whole path. */
function belowMount(cgroup: string, mountRoot: string): string {
  const below = relative(mountRoot, cgroup);
  return below.startsWith("..") ? "/" : below;
}
