/**
 * Becoming another program, and starting one.
 *
 *     findProgram("sh", PATH)      which file a name means
 *     restoreInheritedState()      what execve hands on and Node changed, put back
 *     execve(path, argv, env)      this process becomes that program: same PID, one thread
 *     spawnChild(name, args)       a child becomes that program
 *
 * @see https://man7.org/linux/man-pages/man2/execve.2.html
 */
import type { ChildProcess, SpawnOptions } from "node:child_process";
import { accessSync, closeSync, constants, statSync } from "node:fs";
import { constants as osConstants } from "node:os";
import { ErrnoError, isErrno } from "./errno.ts";
import { libcFunction, reportCall, stringArray, systemCall } from "./libc.ts";
import { AT_FDCWD, O_PATH, openat2, openDirectory, RESOLVE_IN_ROOT } from "./open.ts";
import { getrlimit, RESOURCES, setrlimit } from "./rlimits.ts";
import { restoreSignals } from "./signals.ts";

const execveFunction = libcFunction<[string, Buffer, Buffer]>("int execve(str path, void *argv, void *env)", {
  path: 0,
  bare: true, // `prepareExecve` reports it: it does not return
});
const fcntl = libcFunction<[number, number, number]>("int fcntl(int fd, int command, long argument)");
const closeRange = systemCall<[number, number, number]>("close_range", ["uint", "uint", "uint"]);

const F_SETFD = 2;
const F_GETFL = 3;
const F_SETFL = 4;
const CLOSE_RANGE_CLOEXEC = 4;
const LAST_FD = 0xffff_ffff;
/** INR_OPEN_CUR, the soft limit that Linux gives its first process: include/uapi/linux/fs.h. */
const USUAL_OPEN_FILES = 1024;
/** fork(2) as glibc makes it: CLONE_CHILD_SETTID, CLONE_CHILD_CLEARTID, SIGCHLD. */
const FORK_FLAGS = 0x0120_0011;

/** Variables of an environment; undefined ones are left out. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Replaces this process by another program.
 *
 * @param argv - Starts with the program's own name.
 * @throws {ErrnoError} ENOENT, EACCES, ENOEXEC …: the process is still what it was.
 * @see https://man7.org/linux/man-pages/man2/execve.2.html
 */
export function execve(path: string, argv: readonly string[], env: Environment): never {
  return prepareExecve(path, argv, env)();
}

/**
 * Makes everything ready for an execve, so that the function it returns makes that one call to the kernel and no other: after a
 * strict seccomp filter, any other would be the last. The trace is told now, for the same reason.
 *
 * @throws {ErrnoError} (the returned function) As `execve`.
 */
export function prepareExecve(path: string, argv: readonly string[], env: Environment): () => never {
  const argvArray = stringArray(argv);
  const envArray = stringArray(environmentStrings(env));
  reportCall("execve", [path, argv.join(" ")]);
  return () => {
    execveFunction(path, argvArray, envArray);
    throw new Error("Cannot return from execve"); // it never does, but its type doesn't say so
  };
}

function environmentStrings(env: Environment): string[] {
  return Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
}

/**
 * Puts back what execve hands on and Node changed: signals, descriptors, limits. Call it last, when Node has no more to do.
 *
 * @throws {ErrnoError} Nothing is undone then.
 */
export function restoreInheritedState(): void {
  for (const fd of [0, 1, 2]) {
    clearCloseOnExec(fd); // Node marks everything that it inherited
    clearNonblocking(fd);
  }
  closeOnExecAbove(2); // Node's own, and what its parent left open
  const { soft, hard } = getrlimit(RESOURCES.RLIMIT_NOFILE); // Node raised soft to hard: old programs try to close every descriptor
  setrlimit(RESOURCES.RLIMIT_NOFILE, { soft: Math.min(soft, USUAL_OPEN_FILES), hard });
  restoreSignals();
}

/**
 * Marks every descriptor above `fd` to be closed at execve. They stay open until then.
 *
 * @see https://man7.org/linux/man-pages/man2/close_range.2.html
 */
export function closeOnExecAbove(fd: number): void {
  closeRange(fd + 1, LAST_FD, CLOSE_RANGE_CLOEXEC);
}

/**
 * Lets a descriptor live on at execve.
 *
 * @see https://man7.org/linux/man-pages/man2/F_GETFD.2const.html
 */
export function clearCloseOnExec(fd: number): void {
  fcntl(fd, F_SETFD, 0);
}

/**
 * Makes reads and writes of a descriptor wait again. The flag belongs to the open file, which other processes may share.
 *
 * @see https://man7.org/linux/man-pages/man2/F_GETFL.2const.html
 */
export function clearNonblocking(fd: number): void {
  const flags = fcntl(fd, F_GETFL, 0);
  if (flags & constants.O_NONBLOCK) fcntl(fd, F_SETFL, flags & ~constants.O_NONBLOCK);
}

/**
 * Finds the file that a command's name stands for, as execvp(3) does.
 *
 * @param name - With a slash, it is the path itself.
 * @param path - Directories, separated by colons; an empty one is the working directory.
 * @param root - Look inside this directory as if it were "/", symbolic links included; needs /proc.
 * @returns The path, as seen from `root`.
 * @throws {ErrnoError} ENOENT; EACCES if there is such a file but none that may be executed.
 */
export function findProgram(name: string, path: string, root?: string): string {
  const candidates = name.includes("/") ? [name] : path.split(":").map((directory) => `${directory || "."}/${name}`);
  let errno = osConstants.errno.ENOENT;
  for (const candidate of name === "" ? [] : candidates) {
    const found = root === undefined ? isProgram(candidate) : isProgramIn(root, candidate);
    if (found) return candidate;
    if (found === false) errno = osConstants.errno.EACCES;
  }
  throw new ErrnoError("execve", errno, name);
}

/** Whether a file may be executed; undefined if there is none. */
function isProgram(path: string): boolean | undefined {
  try {
    if (!statSync(path).isFile()) return false;
    accessSync(path, constants.X_OK);
    return true;
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    if (isErrno(error, "EACCES", "ELOOP")) return false;
    throw error;
  }
}

function isProgramIn(root: string, path: string): boolean | undefined {
  const rootFd = openDirectory(AT_FDCWD, root, 0);
  try {
    const fd = openat2(rootFd, path, { flags: O_PATH, resolve: RESOLVE_IN_ROOT });
    try {
      return isProgram(`/proc/self/fd/${fd}`);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  } finally {
    closeSync(rootFd);
  }
}

/**
 * Starts a program as `child_process.spawn` does, and tells the trace of the two calls that libuv makes for it.
 *
 * The child is forked from the main thread and so is born in the namespaces that the main thread unshared or joined.
 *
 * @param name - Looked for in the PATH of `options.env`, or ours.
 * @throws {ErrnoError} ENOENT, EACCES, before anything is started.
 */
export function spawnChild(
  name: string,
  args: readonly string[],
  options: SpawnOptions = {},
): ChildProcess & { readonly pid: number } {
  const { spawn } = process.getBuiltinModule("node:child_process"); // on use: loading it costs 3 ms
  const path = findProgram(name, (options.env ?? process.env).PATH ?? "");
  const child = spawn(path, args, { argv0: name, ...options });
  if (!hasPid(child)) {
    child.once("error", () => {}); // says the same later, and would end the program
    throw new Error(`Cannot start ${path}: no process could be made`);
  }
  reportCall("clone", [FORK_FLAGS], child.pid);
  reportCall("execve", [path, [name, ...args].join(" ")], 0, child.pid);
  return child;
}

function hasPid(child: ChildProcess): child is ChildProcess & { readonly pid: number } {
  return child.pid !== undefined;
}
