/** The processes of this machine by the words that they were started with. */
import { readdirSync, readFileSync } from "node:fs";
import { isErrno } from "@eras/linux/errno.ts";
import { processExists } from "@eras/linux/proc.ts";

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

function commandLine(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ESRCH")) return []; // it ended meanwhile
    throw error;
  }
}
