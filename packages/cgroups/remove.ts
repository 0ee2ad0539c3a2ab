/** Removing cgroups. rmdir(2) alone does it: the control files are not real, and go with the directory. */
import { rmdirSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { isErrno } from "@eras/linux/errno.ts";
import { reportCall } from "@eras/linux/libc.ts";
import { childDirectories, pidsBelow } from "./cgroup-path.ts";

/** Pauses of 1, 2, 4 … 1024 ms: two seconds in all. */
const LAST_PAUSE_MS = 1024;

/**
 * Removes a cgroup with its children.
 *
 * A process that has just died may hold its cgroup for a moment more, and v1 has no event that tells when it lets go, so a busy
 * directory is tried again after a while, each time a longer one.
 *
 * @throws {Error} When it is still busy after two seconds; names the processes in it.
 */
export async function removeCgroup(dir: string): Promise<void> {
  for (let pauseMs = 1; !removed(dir); pauseMs *= 2) {
    if (pauseMs > LAST_PAUSE_MS) throw new Error(`Cannot remove cgroup ${dir}: it holds ${holders(dir)}`);
    await delay(pauseMs);
  }
}

function holders(dir: string): string {
  const pids = pidsBelow(dir);
  return pids.length === 0 ? "processes of another PID namespace" : `the processes ${pids.join(", ")}`;
}

/** The cgroup itself first: most have no children, and looking for them costs more than trying. */
function removed(dir: string): boolean {
  return removeEmpty(dir) || (childDirectories(dir).every(removed) && removeEmpty(dir));
}

/** Removes a cgroup without children; false if it is busy: it has some, or processes. */
export function removeEmpty(dir: string): boolean {
  try {
    rmdirSync(dir);
    reportCall("rmdir", [dir]);
    return true;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return true;
    if (isErrno(error, "EBUSY")) return false;
    throw error;
  }
}
