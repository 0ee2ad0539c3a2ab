/** Paths of cgroups, and the directories below them. A cgroup is a directory; its children are the directories in it. */
import { mkdirSync, readdirSync } from "node:fs";
import { isErrno } from "@eras/linux/errno.ts";
import { reportCall } from "@eras/linux/libc.ts";
import { lines, readControlFile } from "./control-file.ts";

/**
 * Refuses what is no absolute, plain path below the root: the root itself is everybody's.
 *
 * @throws {Error}
 */
export function checkCgroupPath(path: string): void {
  const names = path.split("/").slice(1);
  const plain = names.every((name) => name !== "" && name !== "." && name !== ".." && !name.includes("\0"));
  if (!path.startsWith("/") || !plain) {
    throw new Error(`Cannot use "${path}" as a cgroup: an absolute path below "/" without "." and ".." is needed`);
  }
}

/** The directories from below the root down to the path: `/a/b` gives `ROOT/a`, `ROOT/a/b`. */
export function directoriesDownTo(root: string, path: string): string[] {
  const names = path.split("/").slice(1);
  return names.map((_, depth) => `${root}/${names.slice(0, depth + 1).join("/")}`);
}

/** Makes a cgroup's directory; false if it was there. */
export function makeDirectory(dir: string): boolean {
  try {
    mkdirSync(dir);
  } catch (error) {
    if (isErrno(error, "EEXIST")) return false;
    throw new Error(`Cannot create cgroup ${dir}: ${(error as NodeJS.ErrnoException).code}`, { cause: error });
  }
  reportCall("mkdir", [dir, 0o777]);
  return true;
}

/** The children of a cgroup; none if there is no such cgroup. */
export function childDirectories(dir: string): string[] {
  try {
    const entries = readdirSync(dir, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => `${dir}/${entry.name}`);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  }
}

/** The processes of a cgroup and its children. One that went away while we looked has none. */
export function pidsBelow(dir: string): number[] {
  return [...pidsIn(dir), ...childDirectories(dir).flatMap(pidsBelow)];
}

/**
 * A process of a PID namespace that we can't see is listed as 0. It must not get out of here: kill(2) takes 0 for the caller's own
 * process group. A threaded cgroup of v2 (EOPNOTSUPP) lists threads only; its processes are listed further up.
 */
function pidsIn(dir: string): number[] {
  try {
    const pids = lines(readControlFile(dir, "cgroup.procs")).map(Number);
    return pids.filter((pid) => pid > 0);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENODEV", "EOPNOTSUPP", "ENOTSUP")) return [];
    throw error;
  }
}
