/**
 * The flags of a mount that comes from outside a user namespace. Inside they are locked: a read-only mount stays so, and its access times stay as
 * they are. The kernel sees to that where the namespace copies its mounts, but not for a copy that runc has made on the host.
 *
 * @see https://man7.org/linux/man-pages/man7/mount_namespaces.7.html, "Restrictions on mount namespaces"
 */
import { constants } from "node:os";
import { ErrnoError } from "@eras/linux/errno.ts";
import {
  MS_BIND,
  MS_NOATIME,
  MS_NODEV,
  MS_NODIRATIME,
  MS_NOEXEC,
  MS_NOSUID,
  MS_RDONLY,
  MS_REC,
  MS_RELATIME,
  MS_REMOUNT,
  MS_STRICTATIME,
} from "@eras/linux/mount.ts";
import { mountFlagsOf, ST_NOATIME, ST_NODIRATIME, ST_RELATIME } from "@eras/linux/statfs.ts";
import type { EntryOptions } from "./mount-options.ts";

const LOCKED = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC; // statfs(2) has the same numbers
const LOCKED_ATIME = ST_NOATIME | ST_NODIRATIME | ST_RELATIME;

/**
 * What an entry's options come to in a user namespace: what is locked stays.
 *
 * @param mountFd - The mount, as it came.
 * @throws {ErrnoError} EPERM, as from the kernel, when a word takes away what is locked.
 */
export function withLockedFlags(mountFd: number, options: EntryOptions): EntryOptions {
  const { flags, clear, recursive } = options;
  const present = mountFlagsOf(mountFd);
  const locked = present & LOCKED;
  const changes = (flags & ~(MS_BIND | MS_REC | MS_REMOUNT)) !== 0; // without words, they stay the source's
  const cleared = recursive.clear | (changes ? clear & ~MS_RDONLY : 0); // runc takes "rw" for a wish
  if (cleared & locked || !keepsAtime(flags, present)) throw new ErrnoError("mount_setattr", constants.errno.EPERM);
  return changes ? { ...options, flags: flags | locked } : options;
}

function keepsAtime(flags: number, present: number): boolean {
  if (!(flags & (MS_NOATIME | MS_NODIRATIME | MS_RELATIME | MS_STRICTATIME))) return true;
  const mode = flags & MS_NOATIME ? ST_NOATIME : flags & MS_STRICTATIME ? 0 : ST_RELATIME;
  return (mode | (flags & MS_NODIRATIME ? ST_NODIRATIME : 0)) === (present & LOCKED_ATIME);
}
