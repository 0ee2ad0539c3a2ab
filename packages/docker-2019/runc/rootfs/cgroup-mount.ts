/**
 * The container's view of the control groups, a mount of type `cgroup`, which is no single mount:
 *
 *     v1, hybrid   a tmpfs with a directory for each tree of the host, in their order, and in it
 *                    - the container's own cgroup, by a bind mount, or
 *                    - in a cgroup namespace the tree itself, whose root is the container's own cgroup then
 *                  and a link for each controller of a tree that has several: cpu → cpu,cpuacct
 *     v2           cgroup2; where it is refused, a bind mount of the host's
 *
 * @see https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md#cgroup-ownership
 */
import { cgroupMode, findCgroupMounts } from "@eras/cgroups/detect.ts";
import { cgroupsOfProcess } from "@eras/cgroups/process-cgroups.ts";
import { isErrno } from "@eras/linux/errno.ts";
import { MS_BIND, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_RDONLY, MS_REC } from "@eras/linux/mount.ts";
import { type MountInfo, readMountinfo } from "@eras/linux/mountinfo.ts";
import { symlinkat } from "@eras/linux/open.ts";
import { mountOn } from "./attach.ts";
import { copyMount, mountBind, mountBindOn } from "./bind-mount.ts";
import { type CgroupTree, cgroupTreesOf } from "./cgroup-trees.ts";
import { type FilesystemMount, mountTmpfs } from "./filesystem-mount.ts";
import { type ContainerRoot, makePlace, makePlaceIn, openPlace, withFd } from "./inside-root.ts";
import type { EntryOptions } from "./mount-options.ts";
import type { RootfsPlan } from "./rootfs.ts";

const MOUNT_FLAGS = MS_NOEXEC | MS_NOSUID | MS_NODEV;

/** Mounts the view. Our process is in the container's cgroup, and in its cgroup namespace if it has one. */
export function mountCgroups(root: ContainerRoot, plan: RootfsPlan, entry: FilesystemMount): void {
  const mounts = hostMounts(root);
  const host = findCgroupMounts(mounts);
  if (cgroupMode(host) === "v2") mountUnified(root, plan, entry, host.v2!);
  else mountTrees(root, plan, entry, cgroupTreesOf(cgroupsOfProcess("self"), mounts));
}

/**
 * The host's trees are looked for outside the root: a copy of its /sys that `openMountSources` has made is older than our mount
 * namespace, so the kernel lists it first, but soon our own mount hides it.
 */
function hostMounts({ path }: ContainerRoot): MountInfo[] {
  return readMountinfo().filter(({ mountPoint }) => !mountPoint.startsWith(`${path}/`));
}

function mountTrees(root: ContainerRoot, plan: RootfsPlan, entry: FilesystemMount, trees: readonly CgroupTree[]): void {
  const { destination, options } = entry;
  const tmpfs = { ...options, flags: MOUNT_FLAGS, data: "mode=755", copyUp: false };
  mountTmpfs(root, { ...entry, source: "tmpfs", type: "tmpfs", options: tmpfs });
  const mountTree = hasCgroupNamespace(plan) ? mountOwnRoot : bindOwnCgroup;
  withFd(openPlace(root, destination), (view) => {
    for (const tree of trees) {
      withFd(makePlaceIn(root, view, tree.name, "directory"), (place) => mountTree(root, place, options, tree));
    }
    for (const { name } of trees) linkControllers(view, name);
  });
}

function hasCgroupNamespace({ spec }: RootfsPlan): boolean {
  return spec.linux?.namespaces?.some(({ type }) => type === "cgroup") ?? false;
}

function bindOwnCgroup(root: ContainerRoot, place: number, options: EntryOptions, { directory }: CgroupTree): void {
  const flags = options.flags | MS_BIND | MS_REC;
  withFd(copyMount(directory, flags), (copy) => mountBindOn(root, copy, place, { ...options, flags }));
}

/** The kernel finds the tree by its controllers, or by its name if it has none. */
function mountOwnRoot(root: ContainerRoot, place: number, options: EntryOptions, { name }: CgroupTree): void {
  const flags = MOUNT_FLAGS | (options.flags & MS_RDONLY);
  const [source, data] = name === "systemd" ? ([name, "name=systemd"] as const) : (["cgroup", name] as const);
  mountOn(root, place, { source, type: "cgroup", flags, data });
}

function linkControllers(place: number, tree: string): void {
  const controllers = tree.split(",");
  if (controllers.length < 2) return;
  for (const controller of controllers) {
    try {
      symlinkat(tree, place, controller);
    } catch (error) {
      if (!isErrno(error, "EEXIST")) throw error;
    }
  }
}

/**
 * The one tree of v2. In a user namespace the kernel refuses a new mount of it, unless there is a cgroup namespace too: then the
 * host's is shown, or with a cgroup namespace the container's own cgroup.
 */
function mountUnified(root: ContainerRoot, plan: RootfsPlan, entry: FilesystemMount, host: string): void {
  const { destination, source = "cgroup", options } = entry;
  try {
    withFd(makePlace(root, destination, "directory"), (place) =>
      mountOn(root, place, { source, type: "cgroup2", flags: options.flags, data: options.data }),
    );
  } catch (error) {
    if (!isErrno(error, "EPERM", "EBUSY")) throw error;
    const shown = (hasCgroupNamespace(plan) && plan.cgroupPaths[""]) || host;
    const flags = options.flags | MS_BIND;
    withFd(copyMount(shown, flags), (copy) => mountBind(root, copy, destination, { ...options, flags }));
  }
}
