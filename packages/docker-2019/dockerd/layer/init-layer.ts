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
import { chmodSync, existsSync, mkdirSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isErrno } from "@eras/linux/errno.ts";

const MODE = 0o755;
const DIRECTORIES = ["dev/pts", "dev/shm", "proc", "sys"];
const FILES = [".dockerenv", "etc/resolv.conf", "etc/hosts", "etc/hostname", "dev/console"];
const LINKS: Readonly<Record<string, string>> = { "etc/mtab": "/proc/mounts" };

/**
 * Fills the init layer.
 *
 * @param root - Where it is mounted, on the image. What the image has in these places that isn't a directory goes: links too, which might
 * lead out.
 */
export function fillInitLayer(root: string): void {
  for (const path of DIRECTORIES) makeDirectories(root, path);
  for (const path of FILES) {
    makeDirectories(root, join(path, ".."));
    removeFile(join(root, path));
    if (existsSync(join(root, path))) continue; // a directory
    writeFileSync(join(root, path), "", { flag: "wx" });
    chmodSync(join(root, path), MODE);
  }
  for (const [path, target] of Object.entries(LINKS)) {
    makeDirectories(root, join(path, ".."));
    removeFile(join(root, path));
    if (!existsSync(join(root, path))) symlinkSync(target, join(root, path));
  }
}

/** One after the other, so that none of them is a link when the next one is made. */
function makeDirectories(root: string, path: string): void {
  let place = root;
  for (const name of path.split("/").filter((part) => part !== ".")) {
    place = join(place, name);
    removeFile(place);
    if (existsSync(place)) continue;
    mkdirSync(place);
    chmodSync(place, MODE); // the umask took some away
  }
}

function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!isErrno(error, "ENOENT", "EISDIR", "EPERM")) throw error;
  }
}
