/**
 * Starting a program without loading `node:child_process` (4 ms) and without copying Node's page tables (2 ms): libc's posix_spawn,
 * whose child shares the parent's memory until its execve.
 *
 * For what starts a container, where each millisecond is waited for. Everything else is better off with `spawnChild`.
 *
 * @see https://man7.org/linux/man-pages/man3/posix_spawn.3.html
 */
import { ErrnoError } from "./errno.ts";
import { libcFunction, reportCall, stringArray } from "./libc.ts";

type FileActions = Buffer;
type Attributes = Buffer;

const posixSpawnFunction = libcFunction<[Buffer, string, FileActions, Attributes, Buffer, Buffer]>(
  "int posix_spawn(void *pid, str path, void *actions, void *attributes, void *argv, void *env)",
);
const initFileActions = libcFunction<[FileActions]>("int posix_spawn_file_actions_init(void *actions)");
const addDup2 = libcFunction<[FileActions, number, number]>(
  "int posix_spawn_file_actions_adddup2(void *actions, int fd, int childFd)",
);
const setFlags = libcFunction<[Attributes, number]>("int posix_spawnattr_setflags(void *attributes, short flags)");
const destroyFileActions = libcFunction<[FileActions]>("int posix_spawn_file_actions_destroy(void *actions)");

/** Room for glibc's posix_spawn_file_actions_t (80 bytes) and posix_spawnattr_t (336): bits/spawn.h. */
const OPAQUE_SIZE = 512;
const POSIX_SPAWN_SETSID = 0x80;
/** What glibc asks of clone(2) here: CLONE_VM, CLONE_VFORK, SIGCHLD. */
const CLONE_FLAGS = 0x100 | 0x4000 | 17;

/** A program to start. */
export interface SpawnedProgram {
  readonly path: string;
  /** Starts with the program's own name. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The child's descriptors: `fds[3]` is our number of what will be 3 there. All others are closed, if they are close-on-exec. */
  readonly fds: readonly number[];
  /** Lead a session of its own, which no terminal controls: setsid(2). */
  readonly newSession?: boolean;
}

/**
 * Starts a program as a child of the calling thread: it is born in the namespaces that this thread unshared or joined.
 *
 * Wait for it with `waitForEnd`; Node knows nothing of it.
 *
 * @returns The child's PID.
 * @throws {ErrnoError} ENOENT, EACCES …, when the program can't be executed: there is no child then.
 */
export function posixSpawn({ path, argv, env, fds, newSession = false }: SpawnedProgram): number {
  const actions: FileActions = Buffer.alloc(OPAQUE_SIZE);
  const attributes: Attributes = Buffer.alloc(OPAQUE_SIZE); // all zero: what posix_spawnattr_init makes
  const pid = Buffer.alloc(4);
  const variables = Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
  initFileActions(actions);
  for (const [childFd, fd] of fds.entries()) addDup2(actions, fd, childFd); // equal numbers: keeps it open at execve
  if (newSession) setFlags(attributes, POSIX_SPAWN_SETSID);
  const error = posixSpawnFunction(pid, path, actions, attributes, stringArray(argv), stringArray(variables));
  destroyFileActions(actions);
  if (error !== 0) throw new ErrnoError("posix_spawn", error, path);
  const child = pid.readInt32LE();
  reportCall("clone", [CLONE_FLAGS], child);
  reportCall("execve", [path, argv.join(" ")], 0, child);
  return child;
}
