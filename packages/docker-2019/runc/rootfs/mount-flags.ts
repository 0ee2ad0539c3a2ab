/**
 * The flags of a mount that has been made, or of its copy: read-only, no set-user-ID, no devices, no programs, access times.
 *
 * A bind mount starts with the flags of its source. mount(2) would replace them, in a second call, while everybody can see the mount
 * without them; mount_setattr(2) does it beforehand.
 *
 * @see https://man7.org/linux/man-pages/man2/mount_setattr.2.html
 */
import { isErrno } from "@eras/linux/errno.ts";
import {
  MS_NOATIME,
  MS_NODEV,
  MS_NODIRATIME,
  MS_NOEXEC,
  MS_NOSUID,
  MS_NOSYMFOLLOW,
  MS_RDONLY,
  MS_REC,
  MS_RELATIME,
  MS_STRICTATIME,
} from "@eras/linux/mount.ts";
import {
  AT_RECURSIVE,
  MOUNT_ATTR__ATIME,
  MOUNT_ATTR_NOATIME,
  MOUNT_ATTR_NODIRATIME,
  MOUNT_ATTR_NOSYMFOLLOW,
  MOUNT_ATTR_STRICTATIME,
  mountSetattr,
} from "@eras/linux/mount-fd.ts";
import { AT_EMPTY_PATH } from "@eras/linux/open.ts";
import type { EntryOptions } from "./mount-options.ts";

/** They have the same number in mount(2) and in mount_setattr(2). */
const SAME = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
const ATIME = MS_NOATIME | MS_NODIRATIME | MS_RELATIME | MS_STRICTATIME;

/**
 * Gives a mount these flags in place of those it has; access times stay as they are if no flag speaks of them.
 *
 * In a user namespace, flags of mounts from outside are locked. What is locked stays, then, unless a word says that it shall not; `rw` is only a
 * wish.
 *
 * @param mountFd - A descriptor of the mount's root.
 * @param cleared - MS_… flags that a word takes away explicitly.
 * @throws {ErrnoError} EPERM when such a flag is locked.
 */
export function replaceFlags(mountFd: number, flags: number, cleared = 0): void {
  const set = attributes(flags);
  const atime = flags & ATIME ? MOUNT_ATTR__ATIME | MOUNT_ATTR_NODIRATIME : 0;
  try {
    mountSetattr(mountFd, "", AT_EMPTY_PATH, { set, clear: atime | SAME | MOUNT_ATTR_NOSYMFOLLOW });
  } catch (error) {
    if (!isErrno(error, "EPERM")) throw error;
    mountSetattr(mountFd, "", AT_EMPTY_PATH, {
      set,
      clear: atime | (attributes(cleared & ~MS_RDONLY) & ~MOUNT_ATTR__ATIME),
    });
  }
}

/** MS_… flags as MOUNT_ATTR_… ones. */
function attributes(flags: number): number {
  let set = flags & SAME;
  if (flags & MS_NOSYMFOLLOW) set |= MOUNT_ATTR_NOSYMFOLLOW;
  if (flags & MS_NODIRATIME) set |= MOUNT_ATTR_NODIRATIME;
  if (flags & MS_NOATIME) set |= MOUNT_ATTR_NOATIME;
  if (flags & MS_STRICTATIME) set |= MOUNT_ATTR_STRICTATIME;
  return set;
}

/** Adds a flag, or several, to those that a mount has. */
export function addFlags(mountFd: number, flags: number): void {
  mountSetattr(mountFd, "", AT_EMPTY_PATH, { set: attributes(flags) });
}

/** Changes how mounts and unmounts spread from and to a mount. */
export function changePropagation(mountFd: number, changes: readonly number[]): void {
  for (const change of changes) {
    const recursive = change & MS_REC ? AT_RECURSIVE : 0;
    mountSetattr(mountFd, "", AT_EMPTY_PATH | recursive, { propagation: change & ~MS_REC });
  }
}

/** Sets and clears the attributes of the words that mean the mounts below, too. */
export function changeRecursively(mountFd: number, recursive: EntryOptions["recursive"]): void {
  if (recursive.set === 0 && recursive.clear === 0) return;
  mountSetattr(mountFd, "", AT_EMPTY_PATH | AT_RECURSIVE, recursive);
}
