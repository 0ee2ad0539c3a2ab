/**
 * Hooks: programs that config.json names, called on the way through a container's life with its state on their standard input.
 *
 *     prestart, createRuntime   in runc's namespaces, when the namespaces and mounts are there    a failure undoes the container
 *     createContainer           in the container's, before its root changes                      a failure undoes the container
 *     startContainer            in the container, just before the program                        a failure ends it
 *     poststart                 in runc's, when the program runs                                 a failure stops it
 *     poststop                  in runc's, after `delete`                                        a failure is a warning
 *
 * A hook without an environment of its own has that of runc, or in the container that of its program.
 *
 * Everything here is synchronous: the init calls hooks, too.
 *
 * @see https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config.md#posix-platform-hooks
 */
import { closeSync, fstatSync, readSync, writeSync } from "node:fs";
import { memoryFile } from "@eras/linux/memfd.ts";
import { pidfdOpen } from "@eras/linux/pidfd.ts";
import { POLLIN, poll } from "@eras/linux/poll.ts";
import { posixSpawn } from "@eras/linux/posix-spawn.ts";
import { kill } from "@eras/linux/signals.ts";
import { strsignal } from "@eras/linux/strsignal.ts";
import { decodeStatus, waitpid } from "@eras/linux/wait.ts";
import type { Hook, Hooks } from "@eras/oci-spec/runtime/config.ts";
import type { State } from "@eras/oci-spec/runtime/state.ts";
import { step } from "../../step.ts";
import { errorText } from "../error-text.ts";
import { callersEnvironment, type ProcessEnvironment } from "../process/environment.ts";

const SIGKILL = 9;

/**
 * Calls the hooks of one kind, one after the other.
 *
 * @param environment - For those that name none.
 * @throws {Error} At the first that fails: with what it has printed.
 */
export function runHooks(
  hooks: Hooks | undefined,
  kind: keyof Hooks,
  state: State,
  environment: ProcessEnvironment = callersEnvironment(process.env),
): void {
  const ofKind = hooks?.[kind] ?? [];
  if (ofKind.length > 0) runAll(ofKind, kind, state, environment);
}

function runAll(hooks: readonly Hook[], kind: keyof Hooks, state: State, environment: ProcessEnvironment): void {
  step("runc.run-hooks", { kind, hooks });
  for (const [i, hook] of hooks.entries()) {
    try {
      runHook(hook, state, environment);
    } catch (error) {
      throw new Error(`error running hook #${i}: ${(error as Error).message}`, { cause: error });
    }
  }
}

/** Files rather than pipes: however much is written, nobody has to read meanwhile. */
function runHook({ path, args, env, timeout }: Hook, state: State, environment: ProcessEnvironment): void {
  const files = ["stdin", "stdout", "stderr"].map((name) => memoryFile(`hook-${name}`));
  const [input, output, errors] = files as [number, number, number];
  writeSync(input, JSON.stringify(state), 0); // at a position: so the hook reads from the start
  try {
    const pid = startHook(path, args, env ? hookEnvironment(env) : environment, files);
    if (!endsWithin(pid, timeout)) throw new Error(`hook ran past specified timeout of ${timeout!.toFixed(1)}s`);
    const status = statusOf(pid);
    if (status === undefined) return;
    throw new Error(`error running hook: ${status}, stdout: ${readAll(output)}, stderr: ${readAll(errors)}`);
  } finally {
    for (const file of files) closeSync(file);
  }
}

/** As it is: what makes no sense as a variable is the hook's own business. */
function hookEnvironment(env: readonly string[]): ProcessEnvironment {
  return Object.fromEntries(
    env.map((variable) => {
      const equals = variable.indexOf("=");
      return [variable.slice(0, equals), variable.slice(equals + 1)];
    }),
  );
}

function startHook(
  path: string,
  args: readonly string[] | undefined,
  env: ProcessEnvironment,
  fds: readonly number[],
): number {
  try {
    return posixSpawn({ path, argv: args?.length ? args : [path], env, fds });
  } catch (error) {
    throw new Error(`fork/exec ${path}: ${errorText(error as NodeJS.ErrnoException)}`, { cause: error });
  }
}

/** Kills it otherwise. @param timeout - In seconds. */
function endsWithin(pid: number, timeout: number | undefined): boolean {
  if (timeout === undefined) return true;
  const pidFd = pidfdOpen(pid);
  const [ended] = poll([{ fd: pidFd, events: POLLIN }], timeout * 1000);
  closeSync(pidFd);
  if (ended !== 0) return true;
  kill(pid, SIGKILL);
  waitpid(pid);
  return false;
}

/** @returns What went wrong, in the words of Go's os/exec. */
function statusOf(pid: number): string | undefined {
  const status = decodeStatus(waitpid(pid)!.status);
  if (status.kind === "signaled") return `signal: ${strsignal(status.signal).toLowerCase()}`;
  return status.kind === "exited" && status.code !== 0 ? `exit status ${status.code}` : undefined;
}

function readAll(fd: number): string {
  const bytes = Buffer.alloc(fstatSync(fd).size);
  readSync(fd, bytes, 0, bytes.length, 0);
  return bytes.toString();
}
