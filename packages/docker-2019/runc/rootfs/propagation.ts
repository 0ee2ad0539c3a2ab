/**
 * How mounts spread between the container and the host. Our mount namespace is a copy of the host's, and on most hosts every mount
 * has a peer in the original: what is mounted on one is mounted on the other.
 *
 * @see https://man7.org/linux/man-pages/man7/mount_namespaces.7.html
 */
import { MS_PRIVATE, MS_REC, MS_SHARED, MS_SLAVE, MS_UNBINDABLE, mount, parseMountOptions } from "@eras/linux/mount.ts";
import { readMountinfo } from "@eras/linux/mountinfo.ts";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";

/**
 * `linux.rootfsPropagation` as MS_… flags; none if the configuration leaves it out.
 *
 * @throws {Error} When there is no such propagation.
 */
export function rootfsPropagation({ linux }: Spec): readonly number[] {
  const word = linux?.rootfsPropagation;
  if (!word) return [];
  const { propagation } = parseMountOptions(word);
  if (propagation.length !== 1) throw new Error(`rootfsPropagation=${word} is not supported`);
  return propagation;
}

/**
 * Keeps what we mount away from the host. What the host mounts still reaches us, unless the configuration says otherwise; where it wants
 * `shared`, volumes stay peers of the host's.
 */
export function isolateMounts(rootfs: string, spec: Spec): void {
  const [wanted = MS_SLAVE | MS_REC] = rootfsPropagation(spec);
  const change = wanted & MS_UNBINDABLE ? MS_PRIVATE | MS_REC : wanted; // the rootfs has to be bound yet
  mount(null, "/", null, change, null);
  if (!(change & MS_REC) || change & MS_SHARED) makeParentPrivate(rootfs);
}

/** The rootfs must not appear on the host once more, and pivot_root(2) refuses a root whose parent is shared. */
function makeParentPrivate(rootfs: string): void {
  const parents = readMountinfo().filter(({ mountPoint }) =>
    `${rootfs}/`.startsWith(mountPoint === "/" ? "/" : `${mountPoint}/`),
  );
  const deepest = parents.reduce((deep, next) => (next.mountPoint.length >= deep.mountPoint.length ? next : deep));
  if (deepest.propagation.some((word) => word.startsWith("shared:"))) {
    mount(null, deepest.mountPoint, null, MS_PRIVATE, null);
  }
}
