/**
 * The shim's children, and whose end is told to whom.
 *
 * runc starts the container's process and ends. A process whose parent ends goes to the nearest ancestor that is a subreaper, and that is
 * the shim: so it is the one who learns the exit status, and containerd may come and go. Orphans from within a container without a PID
 * namespace come too; nobody asks for them, and they are only reaped.
 *
 * All children are started by posix_spawn, none by Node's child_process: so we may wait for any of them.
 *
 * @see https://man7.org/linux/man-pages/man2/PR_SET_CHILD_SUBREAPER.2const.html
 */
import { isErrno } from "@eras/linux/errno.ts";
import { setChildSubreaper } from "@eras/linux/prctl.ts";
import { decodeStatus, WNOHANG, waitpid } from "@eras/linux/wait.ts";
import { step } from "../step.ts";

const ANY_CHILD = -1;

/** How and when a process ended. */
export interface ProcessExit {
  /** 128 + n for signal n. */
  readonly status: number;
  readonly at: Date;
}

type Exits = Map<number, ProcessExit>;

const awaited = new Map<number, (exit: ProcessExit) => void>();
const records = new Set<Exits>();

/** Becomes the subreaper, and begins to listen. Call first thing. */
export function startReaping(): void {
  step("shim.become-subreaper");
  setChildSubreaper(true);
  process.on("SIGCHLD", reap);
}

/** The end of a child that has just been started, by us. */
export function exitOf(pid: number): Promise<ProcessExit> {
  return new Promise((resolve) => awaited.set(pid, resolve));
}

/** Children that come from runc, whose numbers are known only when runc has ended: a child may have ended before. */
export interface Adoption {
  /** The end of a child that has come, or will. */
  exitOf(pid: number): Promise<ProcessExit>;
  /** No more children are expected. */
  end(): void;
}

/**
 * Notes all ends from now on. Only for as long as it takes: the kernel gives numbers out again, and an old end must not be taken for a new
 * child's.
 */
export function adopt(): Adoption {
  const record: Exits = new Map();
  records.add(record);
  return {
    exitOf: (pid) => {
      const exit = record.get(pid);
      return exit ? Promise.resolve(exit) : exitOf(pid);
    },
    end: () => void records.delete(record),
  };
}

/** One SIGCHLD may stand for several children. */
function reap(): void {
  for (;;) {
    const ended = nextEnded();
    if (ended === undefined) return;
    const exit = { status: exitStatus(ended.status), at: new Date() };
    const tell = awaited.get(ended.pid);
    awaited.delete(ended.pid);
    if (tell) tell(exit);
    else for (const record of records) record.set(ended.pid, exit);
  }
}

function nextEnded(): { pid: number; status: number } | undefined {
  try {
    return waitpid(ANY_CHILD, WNOHANG);
  } catch (error) {
    if (isErrno(error, "ECHILD")) return undefined;
    throw error;
  }
}

function exitStatus(raw: number): number {
  const status = decodeStatus(raw);
  return status.kind === "signaled" ? 128 + status.signal : status.kind === "exited" ? status.code : 0;
}
