/**
 * The gate to the kernel: the only file of the project that knows that there is a foreign function interface.
 *
 * Every other file of this package declares the libc functions of its subject here and wraps them under their own names:
 *
 *     const unshareFn = libcFunction("int unshare(int flags)");
 *     export function unshare(flags: number): void { unshareFn(flags); }
 *
 * Calls are synchronous and run on the calling thread. Namespaces, capabilities, credentials and seccomp filters belong to a
 * thread, not to a process, so callers stay on the main thread and put no `await` between calls that must see each other's effect.
 */
import { createRequire } from "node:module";
import { ErrnoError } from "./errno.ts";

type Koffi = typeof import("koffi");

/** A value that crosses the gate. Buffers pass their address; `null` is the null pointer. */
export type NativeArgument = number | bigint | string | Buffer | null;

/** One call as it happened. `result` is what libc returned; `errno` is set when it failed. */
export interface CallRecord {
  readonly call: string;
  readonly args: readonly NativeArgument[];
  readonly result: number;
  readonly errno?: number;
  /** The process that made the call, where it is not this one: a child that Node started. */
  readonly pid?: number;
}

export const koffi = loadKoffi();
export const libc = koffi.load("libc.so.6");

/** The addon alone: the JavaScript around it searches for binaries and costs 10 ms at every program's start. */
function loadKoffi(): Koffi {
  const require = createRequire(import.meta.url);
  try {
    return require(`@koromix/koffi-linux-${process.arch}/linux_${process.arch}/koffi.node`);
  } catch {
    return require("koffi");
  }
}

let observer: ((record: CallRecord) => void) | undefined;

/** Reports every call through the gate, the failed ones too, to `listener`. The trace uses it; without it calls cost nothing more. */
export function observeCalls(listener: (record: CallRecord) => void): void {
  observer = listener;
}

/** Tells the observer of a call that Node makes for us (`execve`, the `clone` of a spawn), so that the trace claims it too. */
export function reportCall(call: string, args: readonly NativeArgument[], result = 0, pid?: number): void {
  observer?.({ call, args, result, ...(pid !== undefined && { pid }) });
}

interface CallOptions {
  /** Index of the argument that an error should name as its path. */
  path?: number;
  /** Nothing but the call itself: it is declared beforehand, and the caller reports it, with `reportCall`. */
  bare?: boolean;
}

type NativeFunction = (...args: NativeArgument[]) => number | bigint;

/**
 * Declares a libc function.
 *
 * @param prototype - In C, with koffi's type names: `int mount(str source, str target, str type, ulong flags, str data)`.
 * @returns A function that makes the call and returns its result.
 * @throws {ErrnoError} (the returned function) When libc returns -1.
 * @throws {Error} (the returned function) When libc has no such function.
 */
export function libcFunction<Args extends NativeArgument[]>(
  prototype: string,
  options: CallOptions = {},
): (...args: Args) => number {
  const name = /(\w+)\s*\(/.exec(prototype)![1]!;
  return checked(name, () => libc.func(prototype), options);
}

/**
 * Declares a libc function that waits for a disk and belongs to no thread: it runs on another one, so that ours goes on.
 *
 * @returns As `libcFunction`, but a promise; the observer is not told.
 */
export function waitingLibcFunction<Args extends NativeArgument[]>(
  prototype: string,
): (...args: Args) => Promise<number> {
  const name = /(\w+)\s*\(/.exec(prototype)![1]!;
  return (...args) =>
    new Promise((resolve, reject) => {
      libc.func(prototype).async(...args, (_: unknown, result: number) => {
        if (result === -1)
          reject(new ErrnoError(name, koffi.errno())); // koffi brings it over from the thread
        else resolve(result);
      });
    });
}

/**
 * Declares a system call by its number, for what libc does not wrap.
 *
 * @param parameters - koffi's types of the arguments, in order: `["str", "str"]`.
 * @throws {ErrnoError} (the returned function) When the kernel refuses.
 * @see https://man7.org/linux/man-pages/man2/syscall.2.html
 */
export function systemCall<Args extends NativeArgument[]>(
  name: SystemCall,
  parameters: readonly string[],
  options: CallOptions = {},
): (...args: Args) => number {
  return checked(name, () => declareSystemCall(name, parameters), options);
}

function declareSystemCall(name: SystemCall, parameters: readonly string[]): NativeFunction {
  const number = SYSTEM_CALLS[process.arch as "x64" | "arm64"]?.[name];
  if (number === undefined) throw new Error(`Cannot call ${name}: its number on ${process.arch} is not known`);
  const prototype = `long syscall(long number, ${parameters.map((type, i) => `${type} a${i}`).join(", ")})`;
  const native: NativeFunction = libc.func(prototype);
  return (...args) => native(number, ...args);
}

/** A declaration costs as much as two hundred calls, and most programs need few of those that they import: it waits for the first call. */
function checked<Args extends NativeArgument[]>(
  name: string,
  declare: () => NativeFunction,
  { path, bare }: CallOptions,
): (...args: Args) => number {
  let native = bare ? declare() : undefined;
  return (...args) => {
    native ??= declare();
    const result = Number(native(...args));
    const errno = result === -1 ? koffi.errno() : undefined;
    if (!bare) observer?.({ call: name, args, result, ...(errno !== undefined && { errno }) });
    if (errno === undefined) return result;
    const culprit = path === undefined ? undefined : args[path];
    throw new ErrnoError(name, errno, typeof culprit === "string" ? culprit : undefined);
  };
}

/** Where a function of libc begins, for the kernel to call it. @throws {Error} When libc has no such function. */
export function libcAddress(name: string): bigint {
  return koffi.address(libc.symbol(name));
}

/**
 * Lays out strings as C's `char *array[]`: the pointers, a null pointer, then the bytes that they point to, all in one buffer, so
 * that the whole lives as long as the buffer does.
 *
 * @throws {TypeError} When a string contains a null character, where C would end it.
 */
export function stringArray(strings: readonly string[]): Buffer {
  const ended = strings.map((string) => Buffer.from(`${string}\0`));
  const cut = ended.findIndex((bytes) => bytes.indexOf(0) !== bytes.length - 1);
  if (cut !== -1) throw new TypeError(`Cannot pass ${JSON.stringify(strings[cut])} to C: it contains a null character`);
  const head = Buffer.alloc(POINTER_SIZE * (strings.length + 1));
  const array = Buffer.concat([head, ...ended]);
  let address = koffi.address(array) + BigInt(head.length);
  for (const [i, bytes] of ended.entries()) {
    array.writeBigUInt64LE(address, i * POINTER_SIZE);
    address += BigInt(bytes.length);
  }
  return array;
}

const POINTER_SIZE = 8;

// biome-ignore format: a table of numbers
const SYSTEM_CALLS = {
  x64: {
    rt_sigaction: 13, rt_sigprocmask: 14, faccessat2: 439,
    setgroups: 116, setresuid: 117, setresgid: 119,
    capget: 125, capset: 126, pivot_root: 155, bpf: 321, seccomp: 317, openat2: 437, open_tree: 428, move_mount: 429,
    fsopen: 430, fsconfig: 431, fsmount: 432, mount_setattr: 442, pidfd_open: 434, pidfd_send_signal: 424,
    close_range: 436, clone3: 435, perf_event_open: 298, ioprio_set: 251, sched_setattr: 314, keyctl: 250, pidfd_getfd: 438, getcwd: 79,
  },
  arm64: {
    rt_sigaction: 134, rt_sigprocmask: 135, faccessat2: 439,
    setgroups: 159, setresuid: 147, setresgid: 149,
    capget: 90, capset: 91, pivot_root: 41, bpf: 280, seccomp: 277, openat2: 437, open_tree: 428, move_mount: 429,
    fsopen: 430, fsconfig: 431, fsmount: 432, mount_setattr: 442, pidfd_open: 434, pidfd_send_signal: 424,
    close_range: 436, clone3: 435, perf_event_open: 241, ioprio_set: 30, sched_setattr: 274, keyctl: 219, pidfd_getfd: 438, getcwd: 17,
  },
} as const;

/** System calls that libc does not wrap, with their numbers: Linux's arch/x86/entry/syscalls/syscall_64.tbl, asm-generic/unistd.h. */
export type SystemCall = keyof (typeof SYSTEM_CALLS)["x64"];
