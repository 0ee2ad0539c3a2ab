/**
 * Where containers of a test live, and what they have left on the machine: asked of the kernel, not of the program that ran them.
 */
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { childDirectories, pidsBelow } from "@eras/cgroups/cgroup-path.ts";
import { cgroupTrees } from "@eras/cgroups/detect.ts";
import { removeCgroup } from "@eras/cgroups/remove.ts";
import { isErrno } from "@eras/linux/errno.ts";
import { MNT_DETACH, umount } from "@eras/linux/mount.ts";
import { processExists } from "@eras/linux/proc.ts";
import { mountPointsBelow, processesThatName, told } from "./on-machine.ts";

export interface Place {
  /** Everything of the test is below this directory. */
  readonly dir: string;
  /** A cgroup of all trees, in which the test's containers have theirs: `docker-eras-interop-7`. */
  readonly cgroupParent: string;
}

const PREFIX = "docker-eras-interop-";

/** A fresh directory that every user may enter, and a cgroup of the same name, which says whose they are. */
export function newPlace(): Place {
  const dir = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
  chmodSync(dir, 0o755); // mkdtemp's own is 0700, which keeps the root of a user namespace out
  return placeAt(dir);
}

function placeAt(dir: string): Place {
  return { dir, cgroupParent: basename(dir) };
}

/** Takes away the places of tests that were killed, so that they are not in the way of the next. */
export async function removeAbandonedPlaces(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const [, pid] = /^(\d+)-/.exec(name.slice(PREFIX.length)) ?? [];
    if (name.startsWith(PREFIX) && pid !== undefined && !processExists(Number(pid)))
      await removePlace(placeAt(join(tmpdir(), name)));
  }
}

/** Mounts below the directory, cgroups below the parent, processes that name the directory. Empty when nothing is left. */
export function remains({ dir, cgroupParent }: Place): string[] {
  return [
    ...mountPointsBelow(dir).map((mountPoint) => `mount ${mountPoint}`),
    ...cgroupsCalled(cgroupParent)
      .flatMap(childDirectories)
      .map((path) => `cgroup ${path}`),
    ...processesThatName(dir).map(told),
  ];
}

/**
 * Takes the place away, with all mounts, cgroups and processes that are still there.
 *
 * @returns What was there. To be judged after the removal, not before it: a test that fails leaves nothing on the machine either.
 */
export async function removePlace(place: Place): Promise<string[]> {
  const left = remains(place);
  const cgroups = cgroupsCalled(place.cgroupParent);
  const pids = new Set([...processesThatName(place.dir).map(({ pid }) => pid), ...cgroups.flatMap(pidsBelow)]);
  for (const pid of pids) killIfThere(pid);
  for (const path of cgroups) await removeCgroup(path);
  for (const mountPoint of mountPointsBelow(place.dir).reverse()) umount(mountPoint, MNT_DETACH);
  rmSync(place.dir, { recursive: true, force: true });
  return left;
}

/** With SIGKILL. */
export function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!isErrno(error, "ESRCH")) throw error;
  }
}

function cgroupsCalled(name: string): string[] {
  return cgroupTrees()
    .map((root) => join(root, name))
    .filter(existsSync);
}
