/**
 * Mounts as descriptors: make one, shape it while nobody can see it, then give it a place.
 *
 *     fs = fsopen("overlay")                          openTree(AT_FDCWD, "/data", OPEN_TREE_CLONE)
 *     fsconfigSetString(fs, "lowerdir+", "/a") …          a copy of an existing mount: a bind mount without a place
 *     fsconfigCreate(fs)                                        |
 *     m = fsmount(fs, MOUNT_ATTR_NODEV)                         |
 *          \_________________________________________________ _/
 *                   mountSetattr(m, "", AT_EMPTY_PATH, …)
 *                   moveMount(m, "", AT_FDCWD, "/mnt", MOVE_MOUNT_F_EMPTY_PATH)
 *
 * Over the classic call it has: options of any length, one by one (an overlay of a hundred layers), flags of a bind mount and of
 * everything below it in one step, mounts with mapped ids, and messages that tell which option is wrong.
 *
 * @see https://man7.org/linux/man-pages/man2/fsopen.2.html
 */
import { closeSync, readSync } from "node:fs";
import { isErrno } from "./errno.ts";
import { systemCall } from "./libc.ts";

const FSOPEN_CLOEXEC = 1;
const FSMOUNT_CLOEXEC = 1;
const FSCONFIG_SET_FLAG = 0;
const FSCONFIG_SET_STRING = 1;
const FSCONFIG_CMD_CREATE = 6;

/** `openTree` copies the mount instead of opening it. */
export const OPEN_TREE_CLONE = 1;
export const OPEN_TREE_CLOEXEC = 0o2000000;
/** For `openTree` and `mountSetattr`: the mounts below too. */
export const AT_RECURSIVE = 0x8000;
/** `moveMount`: the source is the descriptor itself. */
export const MOVE_MOUNT_F_EMPTY_PATH = 0x04;
/** `moveMount`: the target is the descriptor itself. */
export const MOVE_MOUNT_T_EMPTY_PATH = 0x40;

export const MOUNT_ATTR_RDONLY = 0x01;
export const MOUNT_ATTR_NOSUID = 0x02;
export const MOUNT_ATTR_NODEV = 0x04;
export const MOUNT_ATTR_NOEXEC = 0x08;
export const MOUNT_ATTR_NOATIME = 0x10;
export const MOUNT_ATTR_STRICTATIME = 0x20;
export const MOUNT_ATTR_NODIRATIME = 0x80;
export const MOUNT_ATTR_IDMAP = 0x10_0000;
export const MOUNT_ATTR_NOSYMFOLLOW = 0x20_0000;
/** The access time modes are one field: clear it whole to set one of them. */
export const MOUNT_ATTR__ATIME = 0x70;

/** struct mount_attr. */
export interface MountAttributes {
  /** MOUNT_ATTR_… to set, and to clear first. */
  readonly set?: number;
  readonly clear?: number;
  /** MS_PRIVATE, MS_SLAVE, MS_SHARED or MS_UNBINDABLE. */
  readonly propagation?: number;
  /** With MOUNT_ATTR_IDMAP: a user namespace, whose ids the mount's owners are shown in. */
  readonly userNamespaceFd?: number;
}

const MOUNT_ATTR_SIZE = 32;

const fsopenCall = systemCall<[string, number]>("fsopen", ["str", "uint"], { path: 0 });
const fsconfig = systemCall<[number, number, string | null, string | null, number]>(
  "fsconfig",
  ["int", "uint", "str", "str", "int"],
  { path: 2 },
);
const fsmountCall = systemCall<[number, number, number]>("fsmount", ["int", "uint", "uint"]);
const openTreeCall = systemCall<[number, string, number]>("open_tree", ["int", "str", "uint"], { path: 1 });
const moveMountCall = systemCall<[number, string, number, string, number]>(
  "move_mount",
  ["int", "str", "int", "str", "uint"],
  { path: 3 },
);
const mountSetattrCall = systemCall<[number, string, number, Buffer, number]>(
  "mount_setattr",
  ["int", "str", "uint", "void *", "size_t"],
  { path: 1 },
);

/**
 * Starts a new mount of a type of filesystem.
 *
 * @returns A close-on-exec descriptor for the `fsconfig…` calls.
 * @throws {ErrnoError} ENODEV for an unknown type.
 * @see https://man7.org/linux/man-pages/man2/fsopen.2.html
 */
export function fsopen(type: string): number {
  return fsopenCall(type, FSOPEN_CLOEXEC);
}

/** Whether the kernel has a file system; if it is a module that isn't loaded yet, asking loads it. */
export function kernelHasFilesystem(type: string): boolean {
  try {
    closeSync(fsopen(type));
    return true;
  } catch (error) {
    if (isErrno(error, "ENODEV")) return false;
    throw error;
  }
}

/**
 * Sets an option that has a value; `source` is one too.
 *
 * @throws {ErrnoError} Names the option: EINVAL; the reason is in `fsMessages`.
 * @see https://man7.org/linux/man-pages/man2/fsconfig.2.html
 */
export function fsconfigSetString(fsFd: number, key: string, value: string): void {
  fsconfig(fsFd, FSCONFIG_SET_STRING, key, value, 0);
}

/** Sets an option that is only a word, such as `ro`. */
export function fsconfigSetFlag(fsFd: number, key: string): void {
  fsconfig(fsFd, FSCONFIG_SET_FLAG, key, null, 0);
}

/** Brings the filesystem into being, once all options are set. */
export function fsconfigCreate(fsFd: number): void {
  fsconfig(fsFd, FSCONFIG_CMD_CREATE, null, null, 0);
}

/** What the kernel has to say about the calls on `fsFd` so far: lines such as `e overlay: No changes allowed in reconfigure`. */
export function fsMessages(fsFd: number): string[] {
  const messages: string[] = [];
  const buffer = Buffer.alloc(1024); // one message per read
  try {
    for (;;) messages.push(buffer.toString("utf8", 0, readSync(fsFd, buffer)).trimEnd());
  } catch (error) {
    if (isErrno(error, "ENODATA")) return messages;
    throw error;
  }
}

/**
 * Makes a mount of a filesystem that was created. It has no place yet, and goes when its descriptor is closed before it gets one.
 *
 * @param attributes - MOUNT_ATTR_…, or'ed together.
 * @returns A close-on-exec descriptor of the mount's root.
 * @see https://man7.org/linux/man-pages/man2/fsmount.2.html
 */
export function fsmount(fsFd: number, attributes = 0): number {
  return fsmountCall(fsFd, FSMOUNT_CLOEXEC, attributes);
}

/**
 * Opens a mount or, with OPEN_TREE_CLONE, a copy of it that has no place yet.
 *
 * @see https://man7.org/linux/man-pages/man2/open_tree.2.html
 */
export function openTree(dirFd: number, path: string, flags: number): number {
  return openTreeCall(dirFd, path, flags | OPEN_TREE_CLOEXEC);
}

/**
 * Gives a mount a place, its first or another.
 *
 * @throws {ErrnoError} EINVAL, too, when one of mount and place is a directory and the other is not, where mount(2) says ENOTDIR.
 * @see https://man7.org/linux/man-pages/man2/move_mount.2.html
 */
export function moveMount(fromDirFd: number, fromPath: string, toDirFd: number, toPath: string, flags: number): void {
  moveMountCall(fromDirFd, fromPath, toDirFd, toPath, flags);
}

/**
 * Changes the attributes of a mount or, with AT_RECURSIVE, of it and all below: all of them or none.
 *
 * @throws {ErrnoError} EPERM for MOUNT_ATTR_IDMAP on a mount that has a place already.
 * @see https://man7.org/linux/man-pages/man2/mount_setattr.2.html
 */
export function mountSetattr(dirFd: number, path: string, flags: number, attributes: MountAttributes): void {
  const { set = 0, clear = 0, propagation = 0, userNamespaceFd = 0 } = attributes;
  const bytes = Buffer.alloc(MOUNT_ATTR_SIZE);
  for (const [i, value] of [set, clear, propagation, userNamespaceFd].entries()) {
    bytes.writeBigUInt64LE(BigInt(value), 8 * i);
  }
  mountSetattrCall(dirFd, path, flags, bytes, MOUNT_ATTR_SIZE);
}
