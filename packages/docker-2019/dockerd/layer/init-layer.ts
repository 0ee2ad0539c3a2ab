/**
 * The init layer: between an image and what a container writes. It has the places that the daemon will mount things on, so that they
 * don't show up as the container's changes.
 *
 *     .dockerenv          (empty) what programs look for to know that they are in a container
 *     dev/{console,pts,shm}   proc   sys   etc/{hosts,hostname,resolv.conf}
 *     etc/mtab            ─▶ /proc/mounts
 *
 * @see https://github.com/moby/moby/blob/v19.03.0/daemon/initlayer/setup_unix.go
 */
import { chmodSync, existsSync, lchownSync, mkdirSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isErrno } from "@eras/linux/errno.ts";

const MODE = 0o755;
const DIRECTORIES = ["dev/pts", "dev/shm", "proc", "sys"];
const FILES = [".dockerenv", "etc/resolv.conf", "etc/hosts", "etc/hostname", "dev/console"];
const LINKS: Readonly<Record<string, string>> = { "etc/mtab": "/proc/mounts" };

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Fills the init layer.
 *
 * @param root - Where it is mounted, on the image. What the image has in these places that isn't a directory goes: links too, which might
 * lead out.
 * @param owner - On the host, of what is made: the containers' root.
 */
export function fillInitLayer(root: string, owner: Owner = { uid: 0, gid: 0 }): void {
  for (const path of DIRECTORIES) makeDirectories(root, path, owner);
  for (const path of FILES) {
    makeDirectories(root, join(path, ".."), owner);
    removeFile(join(root, path));
    if (existsSync(join(root, path))) continue; // a directory
    writeFileSync(join(root, path), "", { flag: "wx" });
    chmodSync(join(root, path), MODE);
    lchownSync(join(root, path), owner.uid, owner.gid);
  }
  for (const [path, target] of Object.entries(LINKS)) {
    makeDirectories(root, join(path, ".."), owner);
    removeFile(join(root, path));
    if (existsSync(join(root, path))) continue;
    symlinkSync(target, join(root, path));
    lchownSync(join(root, path), owner.uid, owner.gid);
  }
}

/** One after the other, so that none of them is a link when the next one is made. */
function makeDirectories(root: string, path: string, { uid, gid }: Owner): void {
  let place = root;
  for (const name of path.split("/").filter((part) => part !== ".")) {
    place = join(place, name);
    removeFile(place);
    if (existsSync(place)) continue;
    mkdirSync(place);
    chmodSync(place, MODE); // the umask took some away
    lchownSync(place, uid, gid);
  }
}

function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!isErrno(error, "ENOENT", "EISDIR", "EPERM")) throw error;
  }
}
