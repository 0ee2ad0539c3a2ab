/**
 * Waiting for children, and reading what became of them.
 *
 * Node reaps the children of `child_process` by itself when it hears SIGCHLD. Wait here for others, such as orphans that a
 * subreaper adopted; or for a child of `spawnChild` if the event loop does not turn until then. Never for -1, which takes the
 * status of Node's own children away.
 *
 * Node never hears of a child that was waited for here: `child.unref()` it, or its event loop does not end.
 *
 * @see https://man7.org/linux/man-pages/man2/waitpid.2.html
 */
import { libcFunction } from "./libc.ts";

/** Return at once when nothing has happened. */
export const WNOHANG = 1;
/** Also report children that stopped. */
export const WUNTRACED = 2;
/** Also report stopped children that go on. */
export const WCONTINUED = 8;

const LONGEST_DELAY_MS = 2 ** 31 - 1;

/** What became of a process. */
export type ProcessStatus =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "signaled"; readonly signal: number; readonly coreDumped: boolean }
  | { readonly kind: "stopped"; readonly signal: number }
  | { readonly kind: "continued" };

const waitpidFunction = libcFunction<[number, Buffer, number]>("int waitpid(int pid, void *status, int options)");

/**
 * Waits for a change of a child, blocking the whole program unless WNOHANG is set.
 *
 * @param options - WNOHANG, WUNTRACED, WCONTINUED, or'ed together.
 * @returns The child and its raw status, for `decodeStatus`; undefined if nothing has happened and WNOHANG is set.
 * @throws {ErrnoError} ECHILD when `pid` is no child of ours, or was waited for already.
 * @see https://man7.org/linux/man-pages/man2/waitpid.2.html
 */
export function waitpid(pid: number, options = 0): { pid: number; status: number } | undefined {
  const status = Buffer.alloc(4);
  const child = waitpidFunction(pid, status, options);
  return child === 0 ? undefined : { pid: child, status: status.readInt32LE() };
}

/**
 * Takes a wait status apart.
 *
 *     exited       code << 8
 *     signaled     signal | 0x80 if core was dumped
 *     stopped      signal << 8 | 0x7f
 *     continued    0xffff
 */
export function decodeStatus(status: number): ProcessStatus {
  const low = status & 0x7f;
  const high = (status >> 8) & 0xff;
  if (status === 0xffff) return { kind: "continued" };
  if (low === 0x7f) return { kind: "stopped", signal: high };
  if (low !== 0) return { kind: "signaled", signal: low, coreDumped: (status & 0x80) !== 0 };
  return { kind: "exited", code: high };
}

/** Children that somebody waits for, by PID. */
const awaited = new Map<number, PromiseWithResolvers<ProcessStatus>>();
let alive: NodeJS.Timeout | undefined;

/**
 * Waits for the end of a child that Node did not start, without blocking: looks whenever the kernel says that some child changed.
 *
 * @throws {ErrnoError} ECHILD when `pid` is no child of ours.
 */
export function waitForEnd(pid: number): Promise<ProcessStatus> {
  const end = Promise.withResolvers<ProcessStatus>();
  if (awaited.size === 0) {
    process.on("SIGCHLD", lookAtAll); // before the first look, so that no end falls between the two
    alive = setInterval(() => {}, LONGEST_DELAY_MS); // listening for signals alone does not keep a program running
  }
  awaited.set(pid, end);
  look(pid);
  return end.promise;
}

/** One SIGCHLD may stand for several children. */
function lookAtAll(): void {
  for (const pid of [...awaited.keys()]) look(pid);
}

function look(pid: number): void {
  const { resolve, reject } = awaited.get(pid)!;
  try {
    const ended = waitpid(pid, WNOHANG);
    if (!ended) return;
    resolve(decodeStatus(ended.status));
  } catch (error) {
    reject(error);
  }
  awaited.delete(pid);
  if (awaited.size > 0) return;
  process.off("SIGCHLD", lookAtAll);
  clearInterval(alive);
}
