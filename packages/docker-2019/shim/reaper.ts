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

const ANY_CHILD = -1;
/** Ends that nobody has asked for yet: a process may end before we have read its number from runc. */
const REMEMBERED_MAX = 1024;

/** How and when a process ended. */
export interface ProcessExit {
  /** 128 + n for signal n. */
  readonly status: number;
  readonly at: Date;
}

const awaited = new Map<number, (exit: ProcessExit) => void>();
const remembered = new Map<number, ProcessExit>();

/** Becomes the subreaper, and begins to listen. Call first thing. */
export function startReaping(): void {
  setChildSubreaper(true);
  process.on("SIGCHLD", reap);
}

/** The end of a child, which may have come already. */
export function exitOf(pid: number): Promise<ProcessExit> {
  const exit = remembered.get(pid);
  remembered.delete(pid);
  return exit ? Promise.resolve(exit) : new Promise((resolve) => awaited.set(pid, resolve));
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
    else remember(ended.pid, exit);
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

function remember(pid: number, exit: ProcessExit): void {
  remembered.set(pid, exit);
  if (remembered.size > REMEMBERED_MAX) remembered.delete(remembered.keys().next().value!);
}

function exitStatus(raw: number): number {
  const status = decodeStatus(raw);
  return status.kind === "signaled" ? 128 + status.signal : status.kind === "exited" ? status.code : 0;
}
