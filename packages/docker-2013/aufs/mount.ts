/**
 * Mounts a union from the era's branch string: by aufs, or by overlayfs, which says the same in other words.
 *
 *     aufs                       overlayfs
 *     br:RW=rw:A=ro:B=ro:        lowerdir=A:B,upperdir=RW,workdir=…/work
 *     .wh.NAME deletes NAME      a character device 0:0 called NAME deletes NAME
 *
 * aufs was never part of Linux; overlayfs is, since 3.18. It wants an empty directory beside the writable branch for itself.
 *
 * No kernel had aufs where this was written. What is handed to it follows its manual and is tested as text; that it mounts is not.
 *
 * @see https://docs.kernel.org/filesystems/overlayfs.html
 * @see https://manpages.debian.org/bullseye/aufs-tools/aufs.5.en.html
 */
import { mkdirSync, statfsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isErrno } from "@eras/linux/errno.ts";
import { MAX_MOUNT_DATA_BYTES, MS_REMOUNT, mount, umount } from "@eras/linux/mount.ts";
import { type Branches, parseBranches } from "./branches.ts";

/** The file systems that can be that union. They mark deletions differently, so what one has written the other can't read. */
export type Union = "aufs" | "overlay";

/** linux/magic.h */
const OVERLAYFS_SUPER_MAGIC = 0x794c7630;
/** Full copies of what changes, under the names they have: so the writable branch alone says what changed, for `diff` and `commit`. */
const PLAIN_COPIES = "redirect_dir=off,metacopy=off,index=off";

/**
 * Mounts the union `branches` on `target`.
 *
 * @param branches - `br:RW=rw:TOP=ro:…:BASE=ro:`. Paths must be free of `:` and `,`.
 * @throws {ErrnoError} As mount(2).
 */
export function mountUnion(union: Union, target: string, branches: string): void {
  if (union === "aufs") mountAufs(target, parseBranches(branches));
  else mountOverlay(target, parseBranches(branches));
}

function mountAufs(target: string, branches: Branches): void {
  const [first, ...rest] = aufsOptions(branches);
  mount("none", target, "aufs", 0, first!);
  try {
    for (const data of rest) mount("none", target, "aufs", MS_REMOUNT, data);
  } catch (error) {
    umount(target);
    throw error;
  }
}

/**
 * The data of the mounts that make the union: a first one, and remounts that append the branches which don't fit in its page.
 *
 * +wh: honour deletions that are part of a layer. The original left it out, so deletions did not survive a commit.
 */
export function aufsOptions({ rw, ro }: Branches): string[] {
  const options = [`br:${rw}=rw`];
  for (const layer of ro) {
    const appended = `${options.at(-1)}:${layer}=ro+wh`;
    if (Buffer.byteLength(appended) <= MAX_MOUNT_DATA_BYTES) options[options.length - 1] = appended;
    else options.push(`append:${layer}=ro+wh`);
  }
  return options;
}

function mountOverlay(target: string, { rw, ro }: Branches): void {
  const work = join(dirname(rw), "work");
  mkdirSync(work, { recursive: true, mode: 0o700 });
  const { directory, lower } = relativeToCommon(ro);
  const data = `lowerdir=${lower.join(":")},upperdir=${rw},workdir=${work},${PLAIN_COPIES}`;
  if (Buffer.byteLength(data) > MAX_MOUNT_DATA_BYTES)
    throw new Error(`Cannot mount ${target}: ${ro.length} layers do not fit in a page of mount options`);
  const before = process.cwd();
  process.chdir(directory);
  try {
    mount("overlay", target, "overlay", 0, data);
  } catch (error) {
    throw isErrno(error, "EINVAL") ? explained(error, rw) : error;
  } finally {
    process.chdir(before);
  }
}

/** The layers by their bare names, seen from the directory that holds them: some 200 fit in the page that way, where full paths end at 60. */
function relativeToCommon(layers: readonly string[]): { directory: string; lower: readonly string[] } {
  const directory = dirname(layers[0]!);
  if (layers.some((layer) => dirname(layer) !== directory)) return { directory: "/", lower: layers };
  return { directory, lower: layers.map((layer) => basename(layer)) };
}

function explained(error: Error, rw: string): Error {
  if (statfsSync(rw).type !== OVERLAYFS_SUPER_MAGIC) return error;
  return new Error(
    `Cannot write to a union in ${rw}: it is on an overlay itself. Keep the state elsewhere: dockerd -g DIR, on a disk or a tmpfs`,
    { cause: error },
  );
}
