/**
 * A container's files as the original shows them to `docker cp`, whether the container runs or not: its layer, its volumes and the host's
 * directories over that, and its files in /etc. What its processes have mounted themselves is not a part of it.
 *
 *     openTree(layer) ─▶ at <exec-root>/view ─▶ each mount where it belongs ─▶ openTree(all of it) ─▶ nothing at <exec-root>/view
 *
 * The tree that comes of it has no place: nobody else can see it or mount on it, and it goes with its descriptor, also when dockerd is killed.
 */
import { closeSync, existsSync, mkdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isErrno } from "@eras/linux/errno.ts";
import { S_IFREG } from "@eras/linux/mknod.ts";
import { MNT_DETACH, MS_PRIVATE, umount } from "@eras/linux/mount.ts";
import {
  AT_RECURSIVE,
  MOUNT_ATTR_RDONLY,
  MOVE_MOUNT_F_EMPTY_PATH,
  MOVE_MOUNT_T_EMPTY_PATH,
  mountSetattr,
  moveMount,
  OPEN_TREE_CLONE,
  openTree,
} from "@eras/linux/mount-fd.ts";
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  mkdirat,
  mknodat,
  O_PATH,
  openat2,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
} from "@eras/linux/open.ts";
import type { Container } from "../container/container.ts";
import { viewDir } from "../paths.ts";
import type { Daemon } from "./daemon.ts";
import { mountVolumes, unmountVolumes } from "./mounts.ts";

const FILES_IN_ETC = ["resolv.conf", "hostname", "hosts"];
const MODE = 0o755;

/** Something of the host that is shown in the container. */
interface Shown {
  readonly source: string;
  readonly destination: string;
  readonly isWritable: boolean;
}

export class ContainerView {
  /** Of its root: a place (O_PATH). */
  readonly root: number;
  readonly #daemon: Daemon;
  readonly #id: string;

  /** @throws {ErrnoError} When something can't be shown where the container wants it. */
  constructor(daemon: Daemon, container: Container) {
    this.#daemon = daemon;
    this.#id = container.id;
    const layer = daemon.images.rwLayers.mount(container.id);
    try {
      this.root = withVolumes(daemon, container, (mounts) => treeOf(layer, mounts, viewDir(daemon.options)));
    } catch (error) {
      daemon.images.rwLayers.unmount(container.id);
      throw error;
    }
  }

  /** Opens what is at a path, walked as if the root were "/", whoever exchanges files for links meanwhile. @throws {ErrnoError} */
  open(path: string, flags: number): number {
    return openInside(this.root, path, flags);
  }

  close(): void {
    closeSync(this.root);
    this.#daemon.images.rwLayers.unmount(this.#id);
  }
}

function openInside(root: number, path: string, flags: number): number {
  return openat2(root, path, { flags, resolve: RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS });
}

/** Volumes are mounted for as long as `show` takes, also those of a container that does not run. */
function withVolumes(daemon: Daemon, container: Container, show: (mounts: readonly Shown[]) => number): number {
  const holder = `${container.id} is looked into`;
  try {
    mountVolumes(daemon, container, holder);
    return show(mountsOf(container));
  } finally {
    unmountVolumes(daemon, container, holder);
  }
}

/** Outer ones first. */
function mountsOf({ dir, record, hostConfig }: Container): Shown[] {
  const depth = ({ destination }: Shown) => destination.split("/").length;
  const asked = Object.values(record.MountPoints)
    .filter(({ Type }) => Type === "volume" || Type === "bind")
    .map(({ Source, Destination, RW }) => ({ source: Source, destination: Destination, isWritable: RW }));
  const own = FILES_IN_ETC.map((name) => ({ source: join(dir, name), destination: `/etc/${name}` }))
    .filter(({ source, destination }) => existsSync(source) && !(destination in record.MountPoints))
    .map((file) => ({ ...file, isWritable: !hostConfig.ReadonlyRootfs }));
  return [...asked.sort((a, b) => depth(a) - depth(b)), ...own];
}

function treeOf(layer: string, mounts: readonly Shown[], place: string): number {
  mkdirSync(place, { recursive: true, mode: 0o700 });
  clear(place);
  const root = openTree(AT_FDCWD, layer, OPEN_TREE_CLONE);
  try {
    moveMount(root, "", AT_FDCWD, place, MOVE_MOUNT_F_EMPTY_PATH);
    mountSetattr(root, "", AT_EMPTY_PATH, { propagation: MS_PRIVATE }); // now: a mount takes after where it is put
    for (const mount of mounts) show(root, mount);
    return openTree(root, "", OPEN_TREE_CLONE | AT_RECURSIVE | AT_EMPTY_PATH);
  } finally {
    clear(place);
    closeSync(root);
  }
}

/** Also of what a dockerd has left that was killed. */
function clear(place: string): void {
  try {
    for (;;) umount(place, MNT_DETACH);
  } catch (error) {
    if (!isErrno(error, "EINVAL")) throw error; // nothing is mounted there
  }
}

function show(root: number, { source, destination, isWritable }: Shown): void {
  const target = makePlace(root, destination, statSync(source).isDirectory());
  const copy = openTree(AT_FDCWD, source, OPEN_TREE_CLONE | AT_RECURSIVE);
  try {
    mountSetattr(copy, "", AT_EMPTY_PATH | AT_RECURSIVE, { propagation: MS_PRIVATE });
    if (!isWritable) mountSetattr(copy, "", AT_EMPTY_PATH, { set: MOUNT_ATTR_RDONLY });
    moveMount(copy, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
  } finally {
    closeSync(copy);
    closeSync(target);
  }
}

/** Opens what is there; else makes it, in the container's layer, as the runtime does at a start. */
function makePlace(root: number, path: string, isDirectory: boolean): number {
  try {
    return openInside(root, path, O_PATH);
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
  }
  const parent = makePlace(root, dirname(path), true);
  try {
    if (isDirectory) mkdirat(parent, basename(path), MODE);
    else mknodat(parent, basename(path), S_IFREG | MODE, 0);
  } finally {
    closeSync(parent);
  }
  return openInside(root, path, O_PATH);
}
