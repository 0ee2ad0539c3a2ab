/** The two ways in which a mount gets into the container: a new one of a filesystem, or one that is a descriptor and has no place yet. */
import { fstatSync } from "node:fs";
import { constants } from "node:os";
import { ErrnoError } from "@eras/linux/errno.ts";
import { mount } from "@eras/linux/mount.ts";
import { MOVE_MOUNT_F_EMPTY_PATH, MOVE_MOUNT_T_EMPTY_PATH, moveMount } from "@eras/linux/mount-fd.ts";
import { type ContainerRoot, pathInside, procPath } from "./inside-root.ts";

/** A new mount, in the terms of mount(2). */
export interface NewMount {
  readonly source: string;
  readonly type: string;
  readonly flags: number;
  /** The filesystem's own options; empty if none. */
  readonly data: string;
}

/**
 * Mounts a filesystem on an open place.
 *
 * @throws {Error} When the place is no longer inside the container's root: the init ends then, and its mounts with it.
 */
export function mountOn(root: ContainerRoot, place: number, { source, type, flags, data }: NewMount): void {
  mount(source, procPath(place), type, flags, data || null);
  pathInside(root, place);
}

/**
 * Gives a mount that has no place yet an open one.
 *
 * @throws {ErrnoError} ENOTDIR when one of them is a directory and the other is not.
 * @throws {Error} When it has not come to lie inside the container's root: the init ends then, and its mounts with it.
 */
export function attach(root: ContainerRoot, detached: number, place: number): void {
  attachInside(detached, place);
  pathInside(root, detached);
}

/** As {@link attach}, for when the container's root is "/" already and nothing else is in reach. */
export function attachInside(detached: number, place: number): void {
  try {
    moveMount(detached, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
  } catch (error) {
    const fits = fstatSync(detached).isDirectory() === fstatSync(place).isDirectory();
    throw fits ? error : new ErrnoError("move_mount", constants.errno.ENOTDIR); // the kernel says EINVAL, which may mean anything
  }
}
