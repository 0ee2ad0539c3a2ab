/**
 * Mounts as the programs of 2019 pass them to each other: a snapshot is handed out as a list of these, and whoever needs the files
 * (containerd that unpacks, the shim that starts, ctr that looks) mounts the list itself.
 *
 *     { type: "overlay", source: "overlay", options: ["index=off", "workdir=…/7/work", "upperdir=…/7/fs", "lowerdir=…/2/fs:…/1/fs"] }
 *     { type: "bind", source: "…/1/fs", options: ["ro", "rbind"] }
 *
 * @see https://github.com/containerd/containerd/blob/v1.2.6/mount/mount.go
 */
import { join } from "node:path";
import { isErrno } from "@eras/linux/errno.ts";
import {
  MAX_MOUNT_DATA_BYTES,
  MNT_DETACH,
  MS_BIND,
  MS_RDONLY,
  MS_REMOUNT,
  mount,
  parseMountOptions,
  umount,
} from "@eras/linux/mount.ts";

/** One mount, still without a place. */
export interface Mount {
  /** `bind`, `overlay`, `btrfs`, or any other file system of the kernel's. */
  readonly type: string;
  /** A device, a directory, or a word that the file system ignores. */
  readonly source: string;
  /** Where below the common place this one goes, in a list that makes up one tree; mostly absent: the place itself. */
  readonly target?: string;
  /** As mount(8) takes them after -o. */
  readonly options: readonly string[];
}

const LOWERDIR = "lowerdir=";

/**
 * Mounts a list, the first one first. What was mounted until a failure is unmounted again.
 *
 * @param place - A directory.
 * @throws {ErrnoError} As mount(2), naming the place.
 * @throws {Error} When the options are too long even so.
 */
export function mountAll(mounts: readonly Mount[], place: string): void {
  const mounted: string[] = [];
  try {
    for (const one of mounts) {
      const target = one.target ? join(place, one.target) : place;
      mountOne(one, target);
      mounted.push(target);
    }
  } catch (error) {
    for (const target of mounted.reverse()) umount(target, MNT_DETACH);
    throw error;
  }
}

function mountOne({ type, source, options }: Mount, target: string): void {
  const { flags, propagation, data } = parseMountOptions(options.join(","));
  if (Buffer.byteLength(data) <= MAX_MOUNT_DATA_BYTES) mount(source, target, type, flags, data || null);
  else
    mountFromWithin(options, (shortened) => mount(source, target, type, flags, checkLength(type, target, shortened)));
  // A bind takes the flags of what it shows; read-only has to be asked for once more: mount(2), "Creating a bind mount".
  if (flags & MS_BIND && flags & MS_RDONLY) mount(null, target, null, flags | MS_REMOUNT, null);
  for (const change of propagation) mount(null, target, null, change, null);
}

/** The kernel would take what fits and mount that. */
function checkLength(type: string, target: string, data: string): string {
  const bytes = Buffer.byteLength(data);
  if (bytes <= MAX_MOUNT_DATA_BYTES) return data;
  throw new Error(
    `Cannot mount ${type} at ${target}: its options take ${bytes} bytes, the kernel reads ${MAX_MOUNT_DATA_BYTES}`,
  );
}

/**
 * Forty layers with long paths are more than a page. The kernel takes relative ones too: from the directory that all have in common,
 * they are short. Nothing else of ours runs meanwhile.
 */
function mountFromWithin(options: readonly string[], mountWith: (data: string) => void): void {
  const lowers =
    options
      .find((option) => option.startsWith(LOWERDIR))
      ?.slice(LOWERDIR.length)
      .split(":") ?? [];
  const common = commonDirectory(lowers);
  const shortened = options.map((option) =>
    option.startsWith(LOWERDIR) ? LOWERDIR + lowers.map((lower) => lower.slice(common.length)).join(":") : option,
  );
  const before = process.cwd();
  process.chdir(common);
  try {
    mountWith(parseMountOptions(shortened.join(",")).data);
  } finally {
    process.chdir(before);
  }
}

/** The longest directory, with its slash, that all these absolute paths begin with and none of them is. */
function commonDirectory([first = "/", ...others]: readonly string[]): string {
  let common = first.slice(0, first.lastIndexOf("/") + 1);
  for (const path of others) {
    while (!path.startsWith(common)) common = common.slice(0, common.lastIndexOf("/", common.length - 2) + 1);
  }
  return common;
}

/**
 * Unmounts everything that is stacked at a place, if anything is.
 *
 * @param flags - MNT_DETACH, where somebody may still use it.
 * @throws {ErrnoError} EBUSY.
 */
export function unmountAll(place: string, flags = 0): void {
  for (;;) {
    try {
      umount(place, flags);
    } catch (error) {
      if (isErrno(error, "EINVAL", "ENOENT")) return; // no mount (any more)
      throw error;
    }
  }
}
