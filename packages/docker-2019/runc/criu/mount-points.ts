/** Places for the mounts of a container that is to be restored. */
import { fstatSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Mount, Spec } from "@eras/oci-spec/runtime/config.ts";
import { bindSource } from "../rootfs/bind-mount.ts";
import { makePlace, withFd } from "../rootfs/inside-root.ts";
import { isBind, withRoot } from "./criu-externals.ts";

/**
 * Makes what the first `create` made and a fresh copy of the image, or of a directory of the host's, need not have. A place on a file system of
 * the container's own comes back with that; one below a bind mount is made where its source is.
 */
export function makeMountPoints({ mounts = [] }: Spec, rootfs: string, bundle: string): void {
  for (const [i, entry] of mounts.entries()) {
    const destination = resolve("/", entry.destination);
    const covering = mounts.slice(0, i).findLast((earlier) => isBelow(destination, earlier));
    if (covering === undefined) make(rootfs, destination, entry, bundle);
    else if (isBind(covering)) {
      const place = destination.slice(resolve("/", covering.destination).length);
      make(bindSource(covering.source ?? "", bundle), place, entry, bundle);
    }
  }
}

function isBelow(destination: string, { destination: above }: Mount): boolean {
  return destination.startsWith(join(resolve("/", above), "/"));
}

function make(dir: string, place: string, { source = "" }: Mount, bundle: string): void {
  const stats = statSync(bindSource(source, bundle), { throwIfNoEntry: false });
  const kind = stats === undefined || stats.isDirectory() ? "directory" : "file";
  withRoot(dir, (root) => withFd(makePlace(root, place, kind), fstatSync));
}
