/**
 * The change of root, in three acts: the rootfs is made a mount of its own, furnished (mounts.ts, devices.ts), and takes the place
 * of "/". Between the first act and the last both worlds are in reach, so that files of the host can be mounted into the container.
 */
import { openSync } from "node:fs";
import { MNT_DETACH, MS_BIND, MS_PRIVATE, MS_REC, mount, umount } from "@eras/linux/mount.ts";
import { O_PATH } from "@eras/linux/open.ts";
import { pivotRoot } from "@eras/linux/pivot-root.ts";
import { step } from "../step.ts";
import { attempt } from "./attempt.ts";
import type { ContainerConfig } from "./config.ts";

/**
 * Cuts the ties of our copy of the host's mounts: on most systems they are shared, and what we mount would appear on the host.
 *
 * @see https://man7.org/linux/man-pages/man7/mount_namespaces.7.html
 */
export function isolateMounts(): void {
  step("init.isolate-mounts");
  mount(null, "/", null, MS_PRIVATE | MS_REC, null);
}

/**
 * Mounts the rootfs onto itself, or onto `lxc.rootfs.mount`, because only a mount can become a root.
 *
 * @returns A descriptor of the container's root; of "/" where no rootfs is configured.
 */
export function mountRootfs({ rootfs = "/", rootfsMount = rootfs }: ContainerConfig): number {
  step("init.mount-rootfs", { rootfs, rootfsMount });
  attempt(`mount rootfs ${rootfs} on ${rootfsMount}`, () => mount(rootfs, rootfsMount, null, MS_BIND | MS_REC, null));
  return openSync(rootfsMount, O_PATH);
}

/** Makes the mount that `root` stands for the root of the file system, and lets go of the old one. */
export function pivotInto(root: number): void {
  step("init.pivot-root");
  process.chdir(`/proc/self/fd/${root}`);
  pivotRoot(".", "."); // stacks the old root on top of the new one at "/" …
  umount(".", MNT_DETACH); // … so that "." now means the old root: pivot_root(2), NOTES
  process.chdir("/");
}
