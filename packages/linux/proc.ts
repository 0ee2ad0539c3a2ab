/**
 * Processes as /proc shows them. A PID is reused after its process has ended; PID and start time together name one for good.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { isErrno } from "./errno.ts";

/** The start of /proc/PID/stat. */
export interface ProcessStat {
  readonly pid: number;
  /** The program's name, at most 15 bytes. */
  readonly comm: string;
  /** `R` running, `S` sleeping, `D` waiting for a disk, `T` stopped, `Z` zombie … */
  readonly state: string;
  readonly ppid: number;
  readonly processGroup: number;
  readonly session: number;
  /** Clock ticks (1/100 s) between the start of the system and that of the process. */
  readonly startTime: number;
}

/**
 * Reads what the kernel knows of a process.
 *
 * @throws ENOENT or ESRCH (of `node:fs`) when there is no such process.
 */
export function readProcessStat(pid: number | "self"): ProcessStat {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  const nameEnd = text.lastIndexOf(")"); // a name may contain spaces and brackets itself
  const nameStart = text.indexOf("(");
  const fields = text.slice(nameEnd + 2).split(" "); // from field 3, the state
  return {
    pid: Number(text.slice(0, nameStart - 1)),
    comm: text.slice(nameStart + 1, nameEnd),
    state: fields[0]!,
    ppid: Number(fields[1]),
    processGroup: Number(fields[2]),
    session: Number(fields[3]),
    startTime: Number(fields[19]), // field 22
  };
}

/**
 * Whether a process runs. A zombie has ended and does not count.
 *
 * @param startTime - Of `readProcessStat`: false if the PID belongs to a later process by now.
 */
export function processExists(pid: number, startTime?: number): boolean {
  try {
    const stat = readProcessStat(pid);
    return stat.state !== "Z" && stat.state !== "X" && (startTime === undefined || stat.startTime === startTime);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ESRCH")) return false;
    throw error;
  }
}

/** The children of a process, of all its threads. Empty if the process has ended. */
export function childrenOf(pid: number | "self"): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) => childrenOfThread(pid, thread));
  } catch (error) {
    if (isErrno(error, "ENOENT", "ESRCH")) return [];
    throw error;
  }
}

function childrenOfThread(pid: number | "self", thread: string): number[] {
  return readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean).map(Number);
}

/**
 * Our PID as /proc numbers it: after a new PID namespace and before /proc is mounted anew, that is the host's number, where
 * `process.pid` is the namespace's.
 */
export function hostPidOfSelf(): number {
  return Number(readlinkSync("/proc/self"));
}
