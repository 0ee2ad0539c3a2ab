/** Files and directories of the host in the container. */
import { fstatSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { MS_BIND, MS_REC, MS_REMOUNT } from "@eras/linux/mount.ts";
import { AT_RECURSIVE, OPEN_TREE_CLONE, openTree } from "@eras/linux/mount-fd.ts";
import { AT_FDCWD } from "@eras/linux/open.ts";
import { attach } from "./attach.ts";
import { type ContainerRoot, makePlace, type PlaceKind, withFd } from "./inside-root.ts";
import { changePropagation, changeRecursively, replaceFlags } from "./mount-flags.ts";
import type { EntryOptions } from "./mount-options.ts";
import { explainProc, guardProc } from "./proc-guard.ts";

/** Absolute, or relative to the bundle. */
export function bindSource(source: string, bundle: string): string {
  return isAbsolute(source) ? source : join(bundle, source);
}

/**
 * Copies the mount that a file or directory lies on: it shows no more than that, and has no place yet.
 *
 * @param flags - With MS_REC, the mounts below too.
 * @returns A descriptor, for the caller to close.
 * @throws {ErrnoError} ENOENT; EPERM without CAP_SYS_ADMIN in the user namespace that owns our mounts.
 */
export function copyMount(source: string, flags: number): number {
  return openTree(AT_FDCWD, source, OPEN_TREE_CLONE | (flags & MS_REC ? AT_RECURSIVE : 0));
}

/**
 * Gives a copied mount the entry's options, and a place in the container, which is made if there is none.
 *
 * @throws {ErrnoError} ENOTDIR for a directory on a file, and the other way round.
 */
export function mountBind(root: ContainerRoot, copy: number, destination: string, options: EntryOptions): void {
  const kind = fstatSync(copy).isDirectory() ? "directory" : "file";
  withFd(makeBindPlace(root, destination, kind), (place) => {
    guardProc(root, place, copy);
    mountBindOn(root, copy, place, options);
  });
}

function makeBindPlace(root: ContainerRoot, destination: string, kind: PlaceKind): number {
  try {
    return makePlace(root, destination, kind);
  } catch (error) {
    throw explainProc(root, error);
  }
}

/** As {@link mountBind}, on an open place. Nobody ever sees the mount without its flags. */
export function mountBindOn(root: ContainerRoot, copy: number, place: number, options: EntryOptions): void {
  const { flags, clear, propagation, recursive } = options;
  if (flags & ~(MS_BIND | MS_REC | MS_REMOUNT)) replaceFlags(copy, flags, clear); // without words, they stay the source's
  changeRecursively(copy, recursive);
  attach(root, copy, place);
  changePropagation(copy, propagation); // a mount without a place would forget it
}
