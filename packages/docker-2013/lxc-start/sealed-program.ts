/**
 * The init's program, Node, out of the container's reach.
 *
 * A command `/proc/self/exe` is the program that is running, which at that moment is ours: a hostile image that brings the loader for
 * it holds the host's file in its hands, and its root is the host's. So the init is run from a mount of that one file that is
 * read-only and has no place: the container has no name for it by which it could be changed. (LXC and runc learned it in 2019.)
 *
 * @see https://nvd.nist.gov/vuln/detail/CVE-2019-5736
 */
import { MOUNT_ATTR_RDONLY, mountSetattr, OPEN_TREE_CLONE, openTree } from "@eras/linux/mount-fd.ts";
import { AT_EMPTY_PATH, AT_FDCWD } from "@eras/linux/open.ts";

/** The init's descriptor of it. util-linux's programs, which make a user namespace, hand it on like the pipes of sync.ts. */
const SEALED_FD = 5;

/** The program's name where it is started. */
export const SEALED_PROGRAM = `/proc/self/fd/${SEALED_FD}`;

/** Mounts the program at `path` read-only, nowhere. @returns A close-on-exec descriptor: the mount goes when nobody uses it. */
export function sealProgram(path: string): number {
  const fd = openTree(AT_FDCWD, path, OPEN_TREE_CLONE);
  mountSetattr(fd, "", AT_EMPTY_PATH, { set: MOUNT_ATTR_RDONLY });
  return fd;
}
