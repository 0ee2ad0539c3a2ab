/** Taking a world off the machine: what `era clean` does in each era. */
import { existsSync, readdirSync, realpathSync, rmdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { removeTree } from "@eras/layers/remove-tree.ts";
import { isErrno } from "@eras/linux/errno.ts";
import { MNT_DETACH, umount } from "@eras/linux/mount.ts";
import { readMountinfo } from "@eras/linux/mountinfo.ts";
import type { Directories } from "./world.ts";

/** The directory that holds all worlds of the machine, in /var/lib and in /run. */
const SHARED_PARENT = "docker-eras";

/** Takes something of a world off the machine, and tells what. */
export type Removal<World> = (world: World) => Iterable<string> | AsyncIterable<string>;

/**
 * Goes through all steps, tells what each has removed, and then what could not be: half of the state may be broken.
 *
 * @param hadRunDir - Whether there was one before the lock made it.
 * @returns An exit code: 1 if something had to stay.
 */
export async function removeAll<World extends Directories>(
  world: World,
  steps: readonly Removal<World>[],
  hadRunDir: boolean,
): Promise<number> {
  const removed: string[] = [];
  const problems: string[] = [];
  for (const step of steps) {
    try {
      for await (const what of step(world)) if (hadRunDir || what !== world.runDir) removed.push(what);
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  console.log(removed.length > 0 ? removed.join("\n") : "nothing to remove");
  for (const problem of problems) console.error(`era: ${problem}`);
  return problems.length > 0 ? 1 : 0;
}

/** Innermost first: later mounts lie on earlier ones. What is still in use leaves the tree now and is released at the end of its use. */
export function* unmountBelow(paths: readonly string[]): Generator<string> {
  const directories = paths.filter(existsSync).map((path) => `${realpathSync(path)}/`);
  for (const { mountPoint } of readMountinfo().reverse()) {
    if (!directories.some((directory) => mountPoint.startsWith(directory))) continue;
    umount(mountPoint, MNT_DETACH);
    yield `mount ${mountPoint}`;
  }
}

/** Removes what is ours in a directory, and the directory if nothing else is in it. @returns What is to be told. */
export async function* removeOurs(directory: string, isOurs: (name: string) => boolean): AsyncGenerator<string> {
  if (!existsSync(directory)) return;
  for (const name of readdirSync(directory).filter(isOurs)) await removeTree(join(directory, name));
  yield removeEmptyDirectory(directory)
    ? directory
    : `what is ours in ${directory}; ${readdirSync(directory).join(", ")} stay`;
  const parent = dirname(directory);
  if (basename(parent) === SHARED_PARENT) removeEmptyDirectory(parent);
}

/** False if something is in it, or mounted on it. */
export function removeEmptyDirectory(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch (error) {
    if (isErrno(error, "ENOTEMPTY", "EBUSY")) return false;
    throw error;
  }
}
