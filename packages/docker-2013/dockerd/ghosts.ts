/**
 * Containers that outlived the daemon that started them. In January 2013 the next daemon did not see them; "ghosts" came in April.
 *
 * Nobody but its parent is told when a process ends, so a ghost has to be looked at again and again.
 */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { isErrno } from "@eras/linux/errno.ts";
import { type ProcessStat, processExists, readProcessStat } from "@eras/linux/proc.ts";
import type { LxcProcess } from "./lxc.ts";
import { UNKNOWN_EXIT_CODE } from "./state.ts";

const LOOK_EVERY_MS = 100;

/** The lxc-starts that run for containers below `dir`: their PIDs, by the container's id. */
export function findLxcStarts(dir: string): Map<string, number> {
  const found = new Map<string, number[]>();
  for (const pid of readdirSync("/proc").map(Number).filter(Boolean)) {
    const id = containerOf(commandLine(pid), dir);
    if (id !== undefined) found.set(id, [...(found.get(id) ?? []), pid]);
  }
  return new Map([...found].map(([id, pids]) => [id, outermost(pids)]));
}

/** Which container an lxc-start is for: the -n before its -f, if that lies below `dir`. */
function containerOf(words: readonly string[], dir: string): string | undefined {
  const name = words.indexOf("-n") + 1;
  const isOurs = words[name + 1] === "-f" && words[name + 2] === join(dir, words[name]!, basename(words[name + 2]!));
  return isOurs ? words[name] : undefined;
}

/** lxc-start's children bear its arguments until they become something else. */
function outermost(pids: number[]): number {
  return pids.find((pid) => !pids.includes(statOf(pid)?.ppid ?? 0)) ?? pids[0]!;
}

function statOf(pid: number): ProcessStat | undefined {
  try {
    return readProcessStat(pid);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ESRCH")) return undefined; // it ended meanwhile
    throw error;
  }
}

function commandLine(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch (error) {
    if (isErrno(error, "ENOENT", "ESRCH")) return []; // it ended meanwhile
    throw error;
  }
}

/** A foreign process to wait for; nothing if it has ended. What it ends with only its parent learns. */
export function watchGhost(pid: number): LxcProcess | undefined {
  const startTime = statOf(pid)?.startTime;
  if (startTime === undefined) return undefined;
  const exited = new Promise<number>((resolve) => {
    const timer = setInterval(() => {
      if (processExists(pid, startTime)) return;
      clearInterval(timer);
      resolve(UNKNOWN_EXIT_CODE);
    }, LOOK_EVERY_MS);
  });
  return { pid, exited };
}
