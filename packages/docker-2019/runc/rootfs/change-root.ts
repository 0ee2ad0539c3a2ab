/** Three ways to change "/", and what to do right after. */
import { constants, fstatSync, openSync } from "node:fs";
import { chroot } from "@eras/linux/chroot.ts";
import { dup2 } from "@eras/linux/descriptors.ts";
import { isErrno } from "@eras/linux/errno.ts";
import { MNT_DETACH, MS_MOVE, MS_REC, MS_SLAVE, mount, umount } from "@eras/linux/mount.ts";
import { AT_RECURSIVE, mountSetattr } from "@eras/linux/mount-fd.ts";
import { type MountInfo, readMountinfo } from "@eras/linux/mountinfo.ts";
import { AT_EMPTY_PATH, O_PATH } from "@eras/linux/open.ts";
import { pivotRoot } from "@eras/linux/pivot-root.ts";
import { withFd } from "./inside-root.ts";

/** The good one: the old root is gone from the mount namespace. */
export function pivot(rootfs: string): void {
  withFd(openSync("/", O_PATH), (oldRoot) => {
    process.chdir(rootfs);
    pivotRoot(".", "."); // stacks the old root on top of the new one at "/" …
    mountSetattr(oldRoot, "", AT_EMPTY_PATH | AT_RECURSIVE, { propagation: MS_SLAVE }); // … (the host's shall stay mounted) …
    umount(".", MNT_DETACH); // … so that "." now means the old root: pivot_root(2), NOTES
  });
  process.chdir("/");
}

/** For a host whose root is a ramdisk, which can't be pivoted: the rootfs is moved on top of it. */
export function moveRoot(rootfs: string): void {
  for (const mount of kernelViews(rootfs)) hide(mount);
  process.chdir(rootfs);
  mount(rootfs, "/", null, MS_MOVE, null);
  changeRoot(".");
}

/** Changes what "/" means to us; the mounts stay as they are. */
export function changeRoot(path: string): void {
  chroot(path);
  process.chdir("/");
}

/**
 * The host's whole proc and sysfs, which the old root still has below the new one. The kernel lets a container without privileges mount
 * another of them only while it has a whole one, so masks would be in vain.
 */
function kernelViews(rootfs: string): MountInfo[] {
  return readMountinfo().filter(
    ({ type, root, mountPoint }) =>
      (type === "proc" || type === "sysfs") && root === "/" && !`${mountPoint}/`.startsWith(`${rootfs}/`),
  );
}

function hide({ mountPoint }: MountInfo): void {
  try {
    mount(null, mountPoint, null, MS_SLAVE | MS_REC, null); // the host keeps its own
    umount(mountPoint, MNT_DETACH);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return; // it went with another one
    if (!isErrno(error, "EINVAL", "EPERM")) throw error;
    mount("tmpfs", mountPoint, "tmpfs", 0, null); // of another user namespace: it can be covered, not unmounted
  }
}

/**
 * Where standard input, output or error is the host's /dev/null, makes it the container's: the host's would show which file system it
 * is on.
 */
export function reopenNull(): void {
  withFd(openSync("/dev/null", constants.O_RDWR), (container) => {
    const { rdev } = fstatSync(container);
    for (const fd of [0, 1, 2]) {
      const stats = fstatSync(fd);
      if (stats.isCharacterDevice() && stats.rdev === rdev) dup2(container, fd);
    }
  });
}
