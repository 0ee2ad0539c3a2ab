/** The change of root that a container needs: unlike chroot(2), it lets the old root be unmounted. */
import { systemCall } from "./libc.ts";

const pivotRootCall = systemCall<[string, string]>("pivot_root", ["str", "str"], { path: 0 });

/**
 * Makes `newRoot` the root of the calling thread's mount namespace and mounts the old root at `putOld`.
 *
 * Both may be ".", which stacks the old root on top of the new one; `umount(".", MNT_DETACH)` then takes it away.
 * `process.chdir("/")` comes after: the working directory of the caller does not move by itself.
 *
 * @param newRoot - A mount point (bind mount a directory onto itself to make it one) whose mount and parent are not shared.
 * @param putOld - At or below `newRoot`.
 * @throws {ErrnoError} EINVAL when `newRoot` is no mount point or propagation is shared, EBUSY when it is the current root.
 * @see https://man7.org/linux/man-pages/man2/pivot_root.2.html
 */
export function pivotRoot(newRoot: string, putOld: string): void {
  pivotRootCall(newRoot, putOld);
}
