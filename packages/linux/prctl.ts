/**
 * Attributes of the calling thread that no other call covers. What happens to them at fork and execve differs:
 *
 *     attribute             a child has             execve
 *     parent-death signal   none                    keeps it (unless the program is set-user-ID or has file capabilities)
 *     no_new_privs          its parent's            keeps it, for ever
 *     child subreaper       no                      keeps it (it belongs to the process)
 *     keep capabilities     its parent's            clears it
 *     dumpable              its parent's            sets it again
 *     securebits            its parent's            keeps them, but SECBIT_KEEP_CAPS
 *
 * @see https://man7.org/linux/man-pages/man2/prctl.2.html
 */
import { libcFunction } from "./libc.ts";

export const PR_SET_PDEATHSIG = 1;
export const PR_GET_PDEATHSIG = 2;
export const PR_GET_DUMPABLE = 3;
export const PR_SET_DUMPABLE = 4;
export const PR_GET_KEEPCAPS = 7;
export const PR_SET_KEEPCAPS = 8;
export const PR_GET_SECUREBITS = 27;
export const PR_SET_SECUREBITS = 28;
export const PR_SET_CHILD_SUBREAPER = 36;
export const PR_GET_CHILD_SUBREAPER = 37;
export const PR_SET_NO_NEW_PRIVS = 38;
export const PR_GET_NO_NEW_PRIVS = 39;

/** UID 0 gives no capabilities at execve. */
export const SECBIT_NOROOT = 1 << 0;
/** Leaving or entering UID 0 does not touch the capability sets. */
export const SECBIT_NO_SETUID_FIXUP = 1 << 2;
/** The permitted set survives leaving UID 0: the same as `setKeepCaps(true)`. */
export const SECBIT_KEEP_CAPS = 1 << 4;
/** The ambient set can't be raised. */
export const SECBIT_NO_CAP_AMBIENT_RAISE = 1 << 6;

/** Every securebit has a lock, one bit further up, that can't be undone. */
export function securebitLock(bit: number): number {
  return bit << 1;
}

/** prctl with a number; unused arguments must be 0 for several of the options. */
const prctl = libcFunction<[number, number, number, number, number]>(
  "int prctl(int option, ulong arg2, ulong arg3, ulong arg4, ulong arg5)",
);
const prctlOut = libcFunction<[number, Buffer]>("int prctl(int option, void *out)");

function set(option: number, value: number): void {
  prctl(option, value, 0, 0, 0);
}

function get(option: number): number {
  return prctl(option, 0, 0, 0, 0);
}

function getInt(option: number): number {
  const out = Buffer.alloc(4);
  prctlOut(option, out);
  return out.readInt32LE();
}

/**
 * Asks for a signal when the parent ends, or more exactly: when the thread ends that made this process.
 *
 * The parent may have ended already, which sends nothing: compare `process.ppid` with the expected one afterwards.
 *
 * @param signal - A signal number; 0 for none.
 * @see https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html
 */
export function setParentDeathSignal(signal: number): void {
  set(PR_SET_PDEATHSIG, signal);
}

/** The signal that `setParentDeathSignal` asked for; 0 for none. */
export function getParentDeathSignal(): number {
  return getInt(PR_GET_PDEATHSIG);
}

/**
 * Gives up, for ever and for all descendants, whatever privileges execve could add: set-user-ID bits, file capabilities.
 *
 * @see https://man7.org/linux/man-pages/man2/PR_SET_NO_NEW_PRIVS.2const.html
 */
export function setNoNewPrivs(): void {
  set(PR_SET_NO_NEW_PRIVS, 1);
}

/** Whether `setNoNewPrivs` was called, by this thread or by an ancestor. */
export function getNoNewPrivs(): boolean {
  return get(PR_GET_NO_NEW_PRIVS) === 1;
}

/**
 * Makes this process the new parent of descendants whose own parent ends, in place of PID 1.
 *
 * @see https://man7.org/linux/man-pages/man2/PR_SET_CHILD_SUBREAPER.2const.html
 */
export function setChildSubreaper(on: boolean): void {
  set(PR_SET_CHILD_SUBREAPER, Number(on));
}

/** Whether this process adopts orphaned descendants. */
export function getChildSubreaper(): boolean {
  return getInt(PR_GET_CHILD_SUBREAPER) === 1;
}

/**
 * Lets the permitted capabilities survive the change from UID 0 to another. The effective ones are lost all the same and are set
 * again afterwards.
 *
 * @see https://man7.org/linux/man-pages/man2/PR_SET_KEEPCAPS.2const.html
 */
export function setKeepCaps(on: boolean): void {
  set(PR_SET_KEEPCAPS, Number(on));
}

/** Whether `setKeepCaps` is on. */
export function getKeepCaps(): boolean {
  return get(PR_GET_KEEPCAPS) === 1;
}

/**
 * Decides whether others may look into this process. Off, /proc/PID belongs to root, and ptrace needs CAP_SYS_PTRACE: what a
 * process wants that enters a container with host descriptors open.
 *
 * @see https://man7.org/linux/man-pages/man2/PR_SET_DUMPABLE.2const.html
 */
export function setDumpable(on: boolean): void {
  set(PR_SET_DUMPABLE, Number(on));
}

/** Whether `setDumpable` is on. */
export function getDumpable(): boolean {
  return get(PR_GET_DUMPABLE) === 1;
}

/**
 * Changes what UID 0 means for capabilities.
 *
 * @param bits - SECBIT_… and their locks, or'ed together.
 * @throws {ErrnoError} EPERM without CAP_SETPCAP, or against a lock.
 * @see https://man7.org/linux/man-pages/man7/capabilities.7.html
 */
export function setSecurebits(bits: number): void {
  set(PR_SET_SECUREBITS, bits);
}

/** The securebits of the calling thread. */
export function getSecurebits(): number {
  return get(PR_GET_SECUREBITS);
}
