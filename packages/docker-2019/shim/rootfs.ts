/** The root file system of a container, when containerd hands over mounts for it: a snapshot's. */
import { isErrno } from "@eras/linux/errno.ts";
import { MNT_DETACH, mount, parseMountOptions, umount } from "@eras/linux/mount.ts";
import { readMountinfo } from "@eras/linux/mountinfo.ts";
import type { Mount } from "../proto/gen/types_pb.ts";
import { step } from "../step.ts";

/** mount(2) takes one page of options. */
const OPTIONS_MAX = 4095;

/** Mounts on `target`, one over the other. What was mounted is unmounted again if one fails. */
export function mountRootfs(mounts: readonly Mount[], target: string): void {
  step("shim.mount-rootfs", { mounts, target });
  try {
    for (const each of mounts) mountOne(each, target);
  } catch (error) {
    unmountRootfs(target);
    throw error;
  }
}

function mountOne({ type, source, options }: Mount, target: string): void {
  const { directory, shortened } = shortenLayers(type, options);
  const { flags, propagation, data } = parseMountOptions(shortened.join(","));
  if (directory !== undefined) process.chdir(directory);
  try {
    mount(source, target, type, flags, data || null);
    for (const change of propagation) mount(null, target, null, change, null);
  } finally {
    if (directory !== undefined) process.chdir("/");
  }
}

/** An image of many layers: their paths are taken relative to the directory that they have in common. */
function shortenLayers(type: string, options: readonly string[]): { directory?: string; shortened: readonly string[] } {
  const lower = options.find((option) => option.startsWith("lowerdir="));
  if (type !== "overlay" || lower === undefined || options.join(",").length <= OPTIONS_MAX)
    return { shortened: options };
  const layers = lower.slice("lowerdir=".length).split(":");
  const directory = commonDirectory(layers);
  const relative = layers.map((layer) => layer.slice(directory.length + 1));
  return {
    directory,
    shortened: options.map((option) => (option === lower ? `lowerdir=${relative.join(":")}` : option)),
  };
}

function commonDirectory([first = "", ...others]: readonly string[]): string {
  let directory = first.slice(0, first.lastIndexOf("/"));
  while (!others.every((path) => path.startsWith(`${directory}/`)))
    directory = directory.slice(0, directory.lastIndexOf("/"));
  return directory;
}

/** Unmounts whatever is mounted on `target`; nothing is fine. */
export function unmountRootfs(target: string): void {
  for (const { mountPoint } of readMountinfo()) {
    if (mountPoint !== target) continue;
    try {
      umount(target, MNT_DETACH);
    } catch (error) {
      if (!isErrno(error, "EINVAL", "ENOENT")) throw error;
    }
  }
}
