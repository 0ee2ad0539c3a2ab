/**
 * A lock between processes: a file that names its holder. Two commands that find no daemon must not both start one.
 *
 * The file is linked into place complete, so nobody reads half a name; a holder that died loses the lock to the next who looks.
 */
import { linkSync, mkdirSync, readFileSync, rmdirSync, rmSync, watch, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { isErrno } from "@eras/linux/errno.ts";
import { processExists, readProcessStat } from "@eras/linux/proc.ts";

/**
 * Runs `work` while no other process runs work under the same `path`. Waits for the others first.
 *
 * Directories that had to be made for the lock stay only if there is something in them at the end.
 */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const made = mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  try {
    return await withClaim(path, work);
  } finally {
    if (made !== undefined) removeEmpty(dirname(path), made);
  }
}

async function withClaim<T>(path: string, work: () => Promise<T>): Promise<T> {
  const claim = `${path}.${process.pid}`;
  writeFileSync(claim, `${process.pid} ${readProcessStat("self").startTime}`);
  try {
    while (!take(claim, path)) await released(path);
    try {
      return await work();
    } finally {
      rmSync(path, { force: true });
    }
  } finally {
    rmSync(claim, { force: true });
  }
}

/** Removes `directory` and those above it, up to `last`, as long as they are empty. */
function removeEmpty(directory: string, last: string): void {
  try {
    rmdirSync(directory);
  } catch (error) {
    if (isErrno(error, "ENOTEMPTY", "ENOENT")) return;
    throw error;
  }
  if (directory !== last) removeEmpty(dirname(directory), last);
}

function take(claim: string, path: string): boolean {
  try {
    linkSync(claim, path);
    return true;
  } catch (error) {
    if (!isErrno(error, "EEXIST")) throw error;
  }
  if (!holderLives(path)) rmSync(path, { force: true });
  return false;
}

function holderLives(path: string): boolean {
  const [pid, startTime] = holder(path).split(" ").map(Number);
  return Boolean(pid) && processExists(pid!, startTime);
}

function holder(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return "";
    throw error;
  }
}

/** Resolves when the lock's file has gone, or its holder died without removing it. */
function released(path: string): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(dirname(path), (_, name) => {
      if (name === basename(path)) look();
    });
    const deathCheck = setInterval(look, 1000); // a death leaves no trace in the directory
    function look(): void {
      if (holderLives(path)) return;
      clearInterval(deathCheck);
      watcher.close();
      resolve();
    }
    look();
  });
}
