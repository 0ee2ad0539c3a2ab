/**
 * What an image has at a path, when an empty volume is put there, goes into the volume first: otherwise the volume would hide it.
 *
 * The image is somebody else's. A symbolic link on the way is walked by the kernel as if the image's root were "/", and none is followed in what
 * is copied, so nothing of the host can get in.
 */
import { closeSync, constants, existsSync, fstatSync, readdirSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { copyTree } from "@eras/layers/copy-tree.ts";
import { isErrno } from "@eras/linux/errno.ts";
import { AT_FDCWD, O_PATH, openat2, RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS } from "@eras/linux/open.ts";

/** Beside the volume's content while it is copied: whoever finds it starts again. */
const UNFINISHED = "copying";

/**
 * Fills an empty volume with what the image has at a path, owners and modes included, those of the directory itself too.
 *
 * @param rootfs - Where the container's root is mounted.
 * @param path - In the container.
 * @param dataDir - `<volume>/_data`. Left as it is if there is anything in it, or no directory in the image.
 */
export async function copyUp(rootfs: string, path: string, dataDir: string): Promise<void> {
  const mark = join(dirname(dataDir), UNFINISHED);
  if (existsSync(mark)) await empty(dataDir);
  if (readdirSync(dataDir).length > 0) return;
  const source = openInside(rootfs, path, constants.O_RDONLY | constants.O_DIRECTORY);
  if (source === undefined) return;
  writeFileSync(mark, "");
  try {
    await copyTree(`/proc/self/fd/${source}`, dataDir);
  } catch (error) {
    await empty(dataDir);
    throw error;
  } finally {
    closeSync(source);
  }
  await rm(mark);
}

/** Whether the image has something there that is no directory. */
export function hasFile(rootfs: string, path: string): boolean {
  const fd = openInside(rootfs, path, O_PATH);
  if (fd === undefined) return false;
  try {
    return !fstatSync(fd).isDirectory();
  } finally {
    closeSync(fd);
  }
}

function openInside(rootfs: string, path: string, flags: number): number | undefined {
  const root = openat2(AT_FDCWD, rootfs, { flags, resolve: 0 });
  try {
    return openat2(root, path, { flags, resolve: RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS });
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  } finally {
    closeSync(root);
  }
}

async function empty(dir: string): Promise<void> {
  for (const name of readdirSync(dir)) await rm(join(dir, name), { recursive: true, force: true });
}
