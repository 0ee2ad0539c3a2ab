/** Starting a program with what we had when we were started, before Node and our own launcher changed it. */
import { posixSpawn, type SpawnedProgram } from "@eras/linux/posix-spawn.ts";
import { getrlimit, RESOURCES, setrlimit } from "@eras/linux/rlimits.ts";

/** In which bin/containerd-shim-eras-v2 tells how many files we might open: Node makes that as many as it can. */
const NOFILE_VARIABLE = "ERAS_NOFILE";
/** The shim's alone. */
const OUR_VARIABLES = [NOFILE_VARIABLE, "MALLOC_ARENA_MAX", "UV_THREADPOOL_SIZE"];

/** Starts a program, with our environment unless it has another. @returns Its PID. @throws {ErrnoError} When it can't be executed. */
export function spawn(program: Omit<SpawnedProgram, "env"> & { env?: NodeJS.ProcessEnv }): number {
  const env = { ...(program.env ?? process.env) };
  for (const name of OUR_VARIABLES) delete env[name];
  const limit = getrlimit(RESOURCES.RLIMIT_NOFILE);
  const soft = Number(process.env[NOFILE_VARIABLE]) || limit.soft;
  setrlimit(RESOURCES.RLIMIT_NOFILE, { ...limit, soft });
  try {
    return posixSpawn({ ...program, env });
  } finally {
    setrlimit(RESOURCES.RLIMIT_NOFILE, limit);
  }
}

/** Node ignores two signals, and execve hands that on, while it turns a signal that is listened to into one with its default action. */
export function unignoreSignals(): void {
  for (const signal of ["SIGPIPE", "SIGXFSZ"] as const) process.on(signal, () => {});
}
