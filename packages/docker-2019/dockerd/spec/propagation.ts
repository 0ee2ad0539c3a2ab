/**
 * How mounts spread between a container and the host. A bind that is to pass mounts on, or to get them, needs a source where mounts spread
 * already, and a root of the container that isn't cut off: mount_namespaces(7).
 */
import { realpathSync } from "node:fs";
import { sep } from "node:path";
import { type MountInfo, readMountinfo } from "@eras/linux/mountinfo.ts";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { BindMount } from "./spec.ts";

/**
 * What the container's root must be for its binds; undefined where the runtime's own will do.
 *
 * @param dataRoot - Sources below it, or around it, that can't spread are private: the daemon asked for more than the user did.
 * @throws {InvalidArgument} When a source can't spread.
 */
export function rootPropagation(binds: readonly BindMount[], dataRoot: string): "shared" | "rslave" | undefined {
  let root: "shared" | "rslave" | undefined;
  let mountinfo: readonly MountInfo[] | undefined; // long on a host with many containers, and seldom needed
  for (const { source, propagation } of binds) {
    const passesOn = /^r?shared$/.test(propagation);
    if (!passesOn && !/^r?slave$/.test(propagation)) continue;
    mountinfo ??= readMountinfo();
    const mount = mountOf(source, mountinfo);
    const isShared = mount.propagation.some((field) => field.startsWith("shared:"));
    const isSlave = mount.propagation.some((field) => field.startsWith("master:"));
    if (passesOn && !isShared) throw notSpread(source, mount, "shared");
    if (passesOn) root = "shared";
    else if (isShared || isSlave) root ??= "rslave";
    else if (!isNear(source, dataRoot)) throw notSpread(source, mount, "shared or slave");
  }
  return root;
}

/** The mount that a path is on: the innermost around it, of those at one place the last. */
export function mountOf(path: string, mountinfo: readonly MountInfo[]): MountInfo {
  const real = realpathSync(path);
  const around = mountinfo.filter(({ mountPoint }) => isWithin(real, mountPoint));
  return around.reduce((best, one) => (one.mountPoint.length >= best.mountPoint.length ? one : best));
}

function isNear(source: string, dataRoot: string): boolean {
  return isWithin(source, dataRoot) || isWithin(dataRoot, source);
}

function isWithin(path: string, directory: string): boolean {
  return directory === sep || path === directory || path.startsWith(directory + sep);
}

function notSpread(source: string, { mountPoint }: MountInfo, kind: string): InvalidArgument {
  return new InvalidArgument(`path ${source} is mounted on ${mountPoint} but it is not a ${kind} mount`);
}
