/**
 * Signals: their names and numbers, sending them, and putting back what Node changed before another program takes its place.
 *
 * @see https://man7.org/linux/man-pages/man7/signal.7.html
 */
import { constants } from "node:os";
import { libcAddress, libcFunction, systemCall } from "./libc.ts";

/** Real-time signals as glibc numbers them: it keeps 32 and 33 for itself. */
const SIGRTMIN = 34;
const SIGRTMAX = 64;

const ALIASES = new Set(["SIGIOT", "SIGPOLL", "SIGCLD"]);
const NAMES = new Map(
  Object.entries(constants.signals)
    .filter(([name]) => !ALIASES.has(name))
    .map(([name, number]) => [number as number, name]),
);

const killFunction = libcFunction<[number, number]>("int kill(int pid, int signal)");
// Past libc, which guards two signals for its threads and has posix_spawn hand one of them on as ignored.
const sigaction = systemCall<[number, Buffer, null, number]>("rt_sigaction", ["int", "void *", "void *", "size_t"]);
const sigprocmask = systemCall<[number, Buffer, null, number]>("rt_sigprocmask", ["int", "void *", "void *", "size_t"]);
const SIG_SETMASK = 2;
const { SIGKILL, SIGSTOP } = constants.signals;
/** The kernel's struct sigaction, with room to spare, and its sigset_t: include/linux/signal_types.h. */
const SIGACTION_SIZE = 64;
const SIGACTION = { handler: 0, flags: 8, restorer: 16 };
const SA_RESTORER = 0x0400_0000n;
const SIGSET_SIZE = 8;

/**
 * The number of a signal: from `SIGTERM`, `TERM`, `term`, `15`, or for real-time signals `SIGRTMIN+3`, `RTMAX-1`.
 *
 * @throws {Error} When there is no such signal.
 */
export function signalNumber(signal: string | number): number {
  const text = String(signal).toUpperCase().replace(/^SIG/, "");
  const number = /^\d+$/.test(text)
    ? Number(text)
    : (constants.signals[`SIG${text}` as NodeJS.Signals] ?? realTimeSignal(text));
  if (number === undefined || number < 1 || number > SIGRTMAX) throw new Error(`Cannot find signal "${signal}"`);
  return number;
}

function realTimeSignal(text: string): number | undefined {
  const [, base, offset] = /^RT(MIN|MAX)([+-]\d+)?$/.exec(text) ?? [];
  if (base === undefined) return undefined;
  const number = (base === "MIN" ? SIGRTMIN : SIGRTMAX) + Number(offset ?? 0);
  return number >= SIGRTMIN ? number : undefined;
}

/** The name of a signal: 15 is `SIGTERM`, 37 is `SIGRTMIN+3`; numbers without a name give `SIG32`. */
export function signalName(number: number): string {
  const name = NAMES.get(number);
  if (name !== undefined) return name;
  if (number < SIGRTMIN || number > SIGRTMAX) return `SIG${number}`;
  return number === SIGRTMIN ? "SIGRTMIN" : `SIGRTMIN+${number - SIGRTMIN}`;
}

/**
 * Sends a signal.
 *
 * @param pid - A process; negative, a process group; -1, everybody in the PID namespace but PID 1 and the caller.
 * @param signal - 0 sends nothing and only checks.
 * @throws {ErrnoError} ESRCH when there is no such process, EPERM when it is another user's.
 * @see https://man7.org/linux/man-pages/man2/kill.2.html
 */
export function kill(pid: number, signal: number): void {
  killFunction(pid, signal);
}

/**
 * Gives every signal its default action and unblocks it, because execve hands ignored and blocked signals on: Node ignores SIGPIPE
 * and SIGXFSZ, without which `yes | head` would never end.
 *
 * Call it just before execve: Node no longer hears SIGCHLD, SIGINT or SIGWINCH afterwards.
 *
 * @see https://man7.org/linux/man-pages/man2/sigaction.2.html
 */
export function restoreSignals(): void {
  const defaultAction = Buffer.alloc(SIGACTION_SIZE); // all zero: SIG_DFL, no flags, empty mask
  for (let signal = 1; signal <= SIGRTMAX; signal++) {
    if (signal !== SIGKILL && signal !== SIGSTOP) sigaction(signal, defaultAction, null, SIGSET_SIZE);
  }
  sigprocmask(SIG_SETMASK, Buffer.alloc(SIGSET_SIZE), null, SIGSET_SIZE);
}

/**
 * Ends the process at one of these signals, with the signal's number as its exit status. PID 1 of a PID namespace hears no signal, but for
 * SIGKILL, that it has no handler for. execve takes it back.
 */
export function exitOn(signals: readonly number[]): void {
  const exit = libcAddress("_exit"); // the kernel calls it with the signal's number
  const action = Buffer.alloc(SIGACTION_SIZE);
  action.writeBigUInt64LE(exit, SIGACTION.handler);
  action.writeBigUInt64LE(SA_RESTORER, SIGACTION.flags);
  action.writeBigUInt64LE(exit, SIGACTION.restorer); // where a handler returns to: this one doesn't
  for (const signal of signals) sigaction(signal, action, null, SIGSET_SIZE);
}
