/**
 * Open files of the container's program: standard input, output and error, those that the caller asked to preserve, and no other.
 *
 *     0 1 2                  the caller's, or the container's terminal
 *     3 … 2 + preserved      --preserve-fds and LISTEN_FDS
 *     above                  ours: the way out of the container, if any were left (CVE-2024-21626)
 */
import { constants, fchownSync, fstatSync } from "node:fs";
import { closeFrom } from "@eras/linux/descriptors.ts";
import { isErrno } from "@eras/linux/errno.ts";
import { clearCloseOnExec } from "@eras/linux/exec.ts";

const STDIO = [0, 1, 2];
/** The first one that `--preserve-fds` can name. */
export const FIRST_PRESERVED = 3;

/** Linux's device number of /dev/null: major 1, minor 3. */
const DEV_NULL = 0x103;

/**
 * How many descriptors above the standard three go to the container.
 *
 * @param listenFds - From descriptor 3 on, by a service manager.
 * @param preserveFds - Behind those, by `--preserve-fds`.
 * @throws {Error} When one of the latter isn't open.
 */
export function countPreserved(listenFds: number, preserveFds: number): number {
  for (let i = 0; i < preserveFds; i++) {
    const fd = FIRST_PRESERVED + listenFds + i;
    if (!isOpen(fd)) {
      const reason = `stat /proc/self/fd/${fd}: no such file or directory`;
      throw new Error(`unable to stat preserved-fd ${i} (of ${preserveFds}): ${reason}`);
    }
  }
  return listenFds + preserveFds;
}

function isOpen(fd: number): boolean {
  try {
    fstatSync(fd);
    return true;
  } catch (error) {
    if (isErrno(error, "EBADF")) return false;
    throw error;
  }
}

/**
 * Closes what the program doesn't get. Marking it close-on-exec would not do: while execve looks for its file, it can still be
 * used, as /proc/self/fd/7.
 *
 * Node's own descriptors are closed too. So this is for a process that will not return to the event loop.
 *
 * @param kept - Above the preserved ones, what the init itself still needs.
 */
export function closeDescriptors(preserved: number, kept: readonly number[] = []): void {
  closeFrom(FIRST_PRESERVED + preserved, kept);
}

/** Lets the program have its descriptors: Node marked all that it inherited to be closed at execve. */
export function handOnDescriptors(preserved: number): void {
  for (let fd = 0; fd < FIRST_PRESERVED + preserved; fd++) clearCloseOnExec(fd);
}

/**
 * Makes the user of the container the owner of its standard streams: it could not open /dev/stdout otherwise. /dev/null stays the
 * host's. The group stays too, which on a terminal is tty.
 */
export function giveStdioTo(uid: number): void {
  for (const fd of STDIO) {
    const { uid: owner, gid, rdev, mode } = fstatSync(fd);
    const isDevNull = (mode & constants.S_IFMT) === constants.S_IFCHR && rdev === DEV_NULL;
    if (owner !== uid && !isDevNull) tryChown(fd, uid, gid);
  }
}

/** Ids that the user namespace doesn't know, or a read-only filesystem: then it stays as it is, and mostly works all the same. */
function tryChown(fd: number, uid: number, gid: number): void {
  try {
    fchownSync(fd, uid, gid);
  } catch (error) {
    if (!isErrno(error, "EINVAL", "EPERM", "EROFS")) throw error;
  }
}
