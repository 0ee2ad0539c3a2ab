/**
 * Files of the kernel that a container had better not write, or not even read. The root is "/" already, the container's /proc and
 * /dev are mounted, and neither needs to be what it claims: another container may share a directory with this one and exchange
 * files under our hands. So everything is opened once, looked at, and used through its descriptor (CVE-2025-31133, CVE-2025-52565).
 */
import { constants, fstatSync, openSync } from "node:fs";
import { resolve } from "node:path";
import { makedev } from "@eras/linux/mknod.ts";
import { MS_RDONLY } from "@eras/linux/mount.ts";
import {
  AT_RECURSIVE,
  fsconfigCreate,
  fsconfigSetFlag,
  fsconfigSetString,
  fsmount,
  fsopen,
  MOUNT_ATTR_RDONLY,
  OPEN_TREE_CLONE,
  openTree,
} from "@eras/linux/mount-fd.ts";
import { AT_EMPTY_PATH, O_PATH } from "@eras/linux/open.ts";
import { filesystemType, PROC_SUPER_MAGIC } from "@eras/linux/statfs.ts";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import { step } from "../../step.ts";
import { attachInside } from "./attach.ts";
import { type ContainerRoot, openPlace, openPlaceIfAny, withFd } from "./inside-root.ts";
import { attempt } from "./mount-failure.ts";
import { addFlags } from "./mount-flags.ts";

const NULL_DEVICE = makedev(1, 3);

/** Makes `linux.readonlyPaths` read-only, those that there are. Call before {@link maskPaths}, as runc does. */
export function readonlyPaths(spec: Spec): void {
  step("runc.readonly-paths", { paths: spec.linux?.readonlyPaths });
  const paths = spec.linux?.readonlyPaths ?? [];
  withRoot((root) => {
    for (const path of paths) attempt(`can't make "${path}" read-only`, () => cover(root, path, spec, readOnlyCopy));
  });
}

/** Covers `linux.maskedPaths`, those that there are: a file with /dev/null, a directory with an empty tmpfs. */
export function maskPaths(spec: Spec): void {
  step("runc.mask-paths", { paths: spec.linux?.maskedPaths });
  const paths = spec.linux?.maskedPaths ?? [];
  const label = spec.linux?.mountLabel;
  withRoot((root) => {
    const mask = (place: number) => (fstatSync(place).isDirectory() ? emptyDirectory(label) : nullDevice(root));
    for (const path of paths) attempt(`can't mask path ${path}`, () => cover(root, path, spec, mask));
  });
}

function withRoot(use: (root: ContainerRoot) => void): void {
  withFd(openSync("/", O_PATH | constants.O_DIRECTORY), (fd) => use({ fd, path: "/" }));
}

/** @param makeCover - Opens the mount that is to lie on the place. */
function cover(root: ContainerRoot, path: string, spec: Spec, makeCover: (place: number) => number): void {
  const place = openPlaceIfAny(root, path);
  if (place === undefined) return;
  withFd(place, () => {
    checkPlace(spec, path, place);
    withFd(makeCover(place), (mount) => attachInside(mount, place));
  });
}

function readOnlyCopy(place: number): number {
  const copy = openTree(place, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | AT_RECURSIVE);
  addFlags(copy, MS_RDONLY);
  return copy;
}

/** Where the configuration has a proc filesystem on /proc, what is masked below it is the kernel's, and not somebody's imitation. */
function checkPlace({ mounts = [] }: Spec, path: string, place: number): void {
  const normal = resolve("/", path);
  if (!normal.startsWith("/proc/") || filesystemType(place) === PROC_SUPER_MAGIC) return;
  const hasProc = mounts.some(({ type, destination }) => type === "proc" && resolve("/", destination) === "/proc");
  const isMount = mounts.some(({ destination }) => resolve("/", destination) === normal); // of LXCFS: proc-guard.ts
  if (hasProc && !isMount) throw new Error("it is not on a proc filesystem");
}

/** A copy of the mount of the container's /dev/null. Were it another file, its content would be writable where a mask should be. */
function nullDevice(root: ContainerRoot): number {
  return withFd(openPlace(root, "/dev/null", constants.O_NOFOLLOW), (node) => {
    const stats = fstatSync(node);
    if (!stats.isCharacterDevice() || stats.rdev !== NULL_DEVICE) throw new Error("/dev/null is not the null device");
    return openTree(node, "", AT_EMPTY_PATH | OPEN_TREE_CLONE);
  });
}

function emptyDirectory(label: string | undefined): number {
  return withFd(fsopen("tmpfs"), (tmpfs) => {
    fsconfigSetString(tmpfs, "source", "tmpfs");
    fsconfigSetFlag(tmpfs, "ro");
    if (label) fsconfigSetString(tmpfs, "context", label);
    fsconfigCreate(tmpfs);
    return fsmount(tmpfs, MOUNT_ATTR_RDONLY);
  });
}
