/**
 * The mount of a stack by aufs, the topmost directory first:
 *
 *     mount      br:HOME/diff/2f6c…=rw:HOME/diff/976e…=ro+wh:…,dio,xino=/dev/shm/aufs.xino,dirperm1
 *     remount    append:HOME/diff/1c0b…=ro+wh                 for each layer that finds no room in the page of the first
 *
 *     ro+wh      nobody writes there, and its whiteouts count
 *     dio        files may be opened with O_DIRECT
 *     xino       the kernel's list of inode numbers: a file that has lost its name by the time the mount is there. On a tmpfs,
 *                for aufs would make it in the topmost layer
 *     dirperm1   a directory's mode is that of its topmost layer; else those of all below count too, and what a layer has
 *                opened to others stays closed
 *
 * No kernel had aufs where this was written: what is handed to it follows its manual and is tested as text.
 *
 * @see https://manpages.debian.org/bullseye/aufs-tools/aufs.5.en.html
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isErrno } from "@eras/linux/errno.ts";
import { MAX_MOUNT_DATA_BYTES, MNT_DETACH, MS_REMOUNT, mount, umount } from "@eras/linux/mount.ts";
import { unmountAll } from "../../mounts.ts";

const XINO = "xino=/dev/shm/aufs.xino";

/** Absolute paths of directories to be seen as one. */
export interface Branches {
  /** Takes all changes. */
  readonly rw: string;
  /** The topmost first. */
  readonly ro: readonly string[];
}

/** Shows a stack. @throws {ErrnoError} As mount(2). */
export function mountBranches(target: string, branches: Branches): void {
  const [first, ...appended] = aufsData(branches, knowsDirperm1());
  mount("none", target, "aufs", 0, first!);
  try {
    for (const data of appended) mount("none", target, "aufs", MS_REMOUNT, data);
  } catch (error) {
    umount(target, MNT_DETACH);
    throw error;
  }
}

/** The data of the mounts that make the stack: a first one, and remounts. */
export function aufsData({ rw, ro }: Branches, hasDirperm1: boolean): string[] {
  const options = ["", "dio", XINO, ...(hasDirperm1 ? ["dirperm1"] : [])].join(",");
  const room = MAX_MOUNT_DATA_BYTES - Buffer.byteLength(options);
  let first = `br:${rw}=rw`;
  let inFirst = 0;
  for (const layer of ro) {
    const longer = `${first}:${layer}=ro+wh`;
    if (Buffer.byteLength(longer) > room) break;
    first = longer;
    inFirst += 1;
  }
  return [first + options, ...ro.slice(inFirst).map((layer) => `append:${layer}=ro+wh`)];
}

/**
 * Takes the mount away. Names of one file in several layers are joined in the kernel's memory alone: auplink, of aufs-tools, makes hard
 * links of them. Where there is none, they are files of their own from now on.
 */
export function unmountBranches(target: string): void {
  spawnSync("auplink", [target, "flush"]);
  unmountAll(target, MNT_DETACH); // whoever still has files of it open may go on with them
}

let dirperm1: boolean | undefined;

/** Whether this kernel's aufs, which may be older than the option, has it. Only a mount tells. */
export function knowsDirperm1(): boolean {
  dirperm1 ??= mountsWithDirperm1();
  return dirperm1;
}

function mountsWithDirperm1(): boolean {
  const directory = mkdtempSync(join(tmpdir(), "docker-aufs-"));
  const [base, union] = [join(directory, "base"), join(directory, "union")];
  for (const path of [base, union]) mkdirSync(path);
  try {
    mount("none", union, "aufs", 0, `br:${base}=rw,${XINO},dirperm1`);
    umount(union);
    return true;
  } catch (error) {
    if (isErrno(error, "EINVAL")) return false;
    throw error;
  } finally {
    rmSync(directory, { recursive: true });
  }
}
