/**
 * Programs of ours that run in the background: dockerd and the archive server.
 *
 * Each starts in a session of its own, with an environment of its own, so that it outlives the terminal and inherits nothing by
 * accident. Who runs is written to <runDir>/NAME.json. A PID is reused, and a record may be lost or stale; so a process counts as ours
 * only if its start time is the recorded one, or if its arguments name this very world.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isErrno } from "@eras/linux/errno.ts";
import { pidfdOpen, pidfdSendSignal } from "@eras/linux/pidfd.ts";
import { POLLIN, poll } from "@eras/linux/poll.ts";
import { processExists, readProcessStat } from "@eras/linux/proc.ts";
import { listProcessesOfOurFiles } from "./processes.ts";
import { type Directories, logPath } from "./world.ts";

/** How to start a program, and how to know it again. */
export interface BackgroundProgram {
  readonly name: "dockerd" | "archive";
  readonly command: string;
  readonly args: readonly string[];
  /** Words that stand side by side in its arguments, however it was started, and in no other world's. */
  readonly identity: readonly string[];
}

interface ProcessRecord {
  readonly pid: number;
  readonly startTime: number;
}

const SIGTERM = 15;
const SIGKILL = 9;

const recordPath = (world: Directories, name: string) => join(world.runDir, `${name}.json`);

/** Starts a program in the background; its output goes to the daemon's log. The caller waits for readiness, then lets go by `unref`. */
export function startBackground(world: Directories, { name, command, args }: BackgroundProgram): ChildProcess {
  mkdirSync(world.rootDir, { recursive: true, mode: 0o711 });
  mkdirSync(world.runDir, { recursive: true, mode: 0o755 });
  const log = openSync(logPath(world), "a", 0o600);
  const child = spawn(command, args, {
    detached: true,
    cwd: "/",
    env: cleanEnvironment(),
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  if (child.pid !== undefined) {
    const record: ProcessRecord = { pid: child.pid, startTime: readProcessStat(child.pid).startTime };
    writeFileSync(recordPath(world, name), JSON.stringify(record));
  }
  return child;
}

/** What containers see as their environment too: in 2013 it is the daemon's. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return {
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    HOME: "/root",
    TERM: process.env.TERM ?? "xterm",
    LANG: "C.UTF-8",
  };
}

/** @returns The PID of the running program, or undefined. */
export function findBackground(world: Directories, program: BackgroundProgram): number | undefined {
  const record = readRecord(recordPath(world, program.name));
  if (record && processExists(record.pid, record.startTime)) return record.pid;
  return listProcessesOfOurFiles().find(({ words }) => contains(words, program.identity))?.pid;
}

/** Whether a process runs this program for this very world. */
export function isSameProgram(pid: number, program: BackgroundProgram): boolean {
  return listProcessesOfOurFiles().some((process) => process.pid === pid && contains(process.words, program.identity));
}

const contains = (words: readonly string[], part: readonly string[]) =>
  words.some((_, i) => part.every((word, j) => words[i + j] === word));

function readRecord(path: string): ProcessRecord | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if (isErrno(error, "ENOENT") || error instanceof SyntaxError) return undefined; // none, or cut off by a power loss
    throw error;
  }
}

/**
 * Ends the program: SIGTERM, and SIGKILL if it has not gone within `graceMs`. Blocks until it is gone.
 *
 * @returns The PID that ended, or undefined if none ran.
 */
export function stopBackground(world: Directories, program: BackgroundProgram, graceMs: number): number | undefined {
  const pid = findBackground(world, program);
  if (pid !== undefined) endProcess(pid, graceMs);
  rmSync(recordPath(world, program.name), { force: true });
  return pid;
}

function endProcess(pid: number, graceMs: number): void {
  withProcess(pid, (pidfd) => {
    pidfdSendSignal(pidfd, SIGTERM);
    if (hasEnded(pidfd, graceMs)) return;
    pidfdSendSignal(pidfd, SIGKILL);
    hasEnded(pidfd, Number.POSITIVE_INFINITY);
  });
}

/** Kills a process and blocks until it is gone. One that has ended by itself is fine. */
export function killProcess(pid: number): void {
  withProcess(pid, (pidfd) => {
    pidfdSendSignal(pidfd, SIGKILL);
    hasEnded(pidfd, Number.POSITIVE_INFINITY);
  });
}

function withProcess(pid: number, act: (pidfd: number) => void): void {
  let pidfd: number | undefined;
  try {
    pidfd = pidfdOpen(pid);
    act(pidfd);
  } catch (error) {
    if (!isErrno(error, "ESRCH")) throw error; // it ended by itself in between
  } finally {
    if (pidfd !== undefined) closeSync(pidfd);
  }
}

/** Waits for the process's end, `timeoutMs` at most. A pidfd becomes readable then. */
function hasEnded(pidfd: number, timeoutMs: number): boolean {
  return poll([{ fd: pidfd, events: POLLIN }], timeoutMs)[0] !== 0;
}
