/** The processes of this machine by the words that they were started with. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { isErrno } from "@eras/linux/errno.ts";
import { processExists, readProcessStat } from "@eras/linux/proc.ts";

export interface Process {
  readonly pid: number;
  readonly words: readonly string[];
}

/** Those that run; a zombie has no words any more. */
export function listProcesses(): Process[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), words: commandLine(name) }))
    .filter(({ pid, words }) => words.length > 0 && processExists(pid));
}

/**
 * Those for which a path means what it means for us: they are in our mount namespace, or their parent is, as that of a container's init.
 * A daemon with the same words elsewhere is another world's.
 */
export function listProcessesOfOurFiles(): Process[] {
  return listProcesses().filter(({ pid }) => seesOurFiles(pid) || hasParentThatDoes(pid));
}

function seesOurFiles(pid: number): boolean {
  const theirs = mountNamespace(pid);
  return theirs === undefined || theirs === mountNamespace("self");
}

function hasParentThatDoes(pid: number): boolean {
  try {
    const { ppid } = readProcessStat(pid);
    return ppid !== 1 && seesOurFiles(ppid);
  } catch {
    return false; // it has ended
  }
}

/** @returns Nothing when we may not know, or it has ended. */
function mountNamespace(pid: number | "self"): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ESRCH", "EACCES")) return undefined;
    throw error;
  }
}

function commandLine(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ESRCH")) return []; // it ended meanwhile
    throw error;
  }
}
