/** Mounts of new filesystems: proc, sysfs, tmpfs, devpts, mqueue, and whatever else the kernel knows. */
import { chmodSync, constants, fstatSync } from "node:fs";
import { resolve } from "node:path";
import { MS_RDONLY } from "@eras/linux/mount.ts";
import type { Mount } from "@eras/oci-spec/runtime/config.ts";
import { mountOn } from "./attach.ts";
import { copyDirectory } from "./copy-up.ts";
import {
  type ContainerRoot,
  makePlace,
  openPlace,
  openPlaceIfAny,
  pathInside,
  procPath,
  withFd,
} from "./inside-root.ts";
import { changePropagation, changeRecursively } from "./mount-flags.ts";
import type { EntryOptions } from "./mount-options.ts";
import { guardProc } from "./proc-guard.ts";

const PERMISSIONS = 0o7777;

/** A mount of a new filesystem as the specification has it, with its options sorted, and the SELinux label of what is on it. */
export interface FilesystemMount extends Pick<Mount, "destination" | "source"> {
  readonly type: string;
  readonly options: EntryOptions;
  readonly label?: string | undefined;
}

/** Mounts a filesystem that has no place of its own in the system. */
export function mountOther(root: ContainerRoot, entry: FilesystemMount): void {
  withFd(makePlace(root, entry.destination, "directory"), (place) => {
    guardProc(root, place);
    mountNew(root, place, entry);
  });
}

/**
 * Mounts proc or sysfs, on the very directory of that path. A symbolic link there would put it elsewhere, and the runtime would then
 * write to a /proc that somebody else has made (CVE-2019-19921, CVE-2023-27561).
 */
export function mountKernelView(root: ContainerRoot, entry: FilesystemMount): void {
  const { destination, type } = entry;
  const found = openPlaceIfAny(root, destination, constants.O_NOFOLLOW);
  withFd(found ?? makePlace(root, destination, "directory"), (place) => {
    if (!fstatSync(place).isDirectory()) throw new Error(`filesystem "${type}" must be mounted on ordinary directory`);
    mountNew(root, place, { ...entry, label: undefined }); // their files have labels of their own
  });
}

/** Mounts a tmpfs. It gets the permissions of the directory that it covers, unless an option sets them, and with `tmpcopyup` its files. */
export function mountTmpfs(root: ContainerRoot, entry: FilesystemMount): void {
  const { destination, options } = entry;
  const covered = openPlaceIfAny(root, destination);
  withFd(covered ?? makePlace(root, destination, "directory"), (place) => {
    mountPlain(root, place, entry);
    const takesMode = covered !== undefined && !/(^|,)mode=/.test(options.data);
    const copiesUp = covered !== undefined && options.copyUp;
    if (!takesMode && !copiesUp && !changesMount(options)) return;
    withFd(openMounted(root, place, destination), (mounted) => {
      if (takesMode) chmodSync(procPath(mounted), fstatSync(place).mode & PERMISSIONS);
      if (copiesUp) copyDirectory(place, mounted);
      changeMount(mounted, options); // last: they may make it read-only
    });
  });
}

function mountNew(root: ContainerRoot, place: number, entry: FilesystemMount): void {
  mountPlain(root, place, entry);
  if (!changesMount(entry.options)) return;
  withFd(openMounted(root, place, entry.destination), (mounted) => changeMount(mounted, entry.options));
}

/** Without what mount(2) can't be told. */
function mountPlain(root: ContainerRoot, place: number, entry: FilesystemMount): void {
  const { source = "", type, options, label } = entry;
  const flags = isFinishedLater(entry) ? options.flags & ~MS_RDONLY : options.flags;
  mountOn(root, place, { source, type, flags, data: withLabel(options.data, label) });
}

function changesMount({ propagation, recursive }: EntryOptions): boolean {
  return propagation.length > 0 || recursive.set !== 0 || recursive.clear !== 0;
}

function changeMount(mounted: number, { propagation, recursive }: EntryOptions): void {
  changePropagation(mounted, propagation);
  changeRecursively(mounted, recursive);
}

/** What has just been mounted on a place: only its path leads there. @throws {Error} When the path leads elsewhere by now. */
function openMounted(root: ContainerRoot, place: number, destination: string): number {
  const mounted = openPlace(root, destination);
  if (pathInside(root, mounted) !== pathInside(root, place)) throw new Error(`${destination} was exchanged meanwhile`);
  return mounted;
}

/** A tmpfs and /dev are written to by ourselves before they may become read-only: `finishRootfs`. */
export function isFinishedLater({ type, destination }: Pick<Mount, "type" | "destination">): boolean {
  return type === "tmpfs" || resolve("/", destination) === "/dev";
}

/** Files get the label from the option `context`: mount(8). */
function withLabel(data: string, label: string | undefined): string {
  if (!label) return data;
  return data === "" ? `context="${label}"` : `${data},context="${label}"`;
}
