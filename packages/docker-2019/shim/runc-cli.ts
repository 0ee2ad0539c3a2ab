/**
 * Calling runc, or whatever runtime the container's options name.
 *
 * runc is a command line: its answer is an exit status, a line of JSON in the bundle's log.json when it fails, and sometimes text. Text
 * goes to a file in memory, so that however much it is nobody has to read meanwhile.
 */
import { closeSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import { isErrno } from "@eras/linux/errno.ts";
import { findProgram } from "@eras/linux/exec.ts";
import { memoryFile } from "@eras/linux/memfd.ts";
import { Unknown } from "@eras/oci-spec/errdefs.ts";
import { traceEnvironment } from "@eras/trace/context.ts";
import { BORROWED_STDERR_VARIABLE } from "../borrowed-stderr.ts";
import { exitOf } from "./reaper.ts";
import { spawn } from "./spawn.ts";

/** A container's runtime, and how it is called. */
export interface Runtime {
  /** A path, or a name in PATH. */
  readonly binary: string;
  /** `--root`, with the namespace. */
  readonly root: string;
  readonly bundle: string;
  readonly systemdCgroup: boolean;
}

/** Descriptors for standard input, output and error of the runtime: those of the container's process, for `create` and `exec`. */
export type Streams = readonly [number, number, number];

/**
 * Runs a command of the runtime.
 *
 * @param what - For the error: `create`, `exec`.
 * @param streams - Nothing in and text out, if left out.
 * @returns What it printed.
 * @throws {Unknown} When it fails: in containerd's words, with what runc wrote into its log.
 */
export async function callRuntime(
  runtime: Runtime,
  what: string,
  args: readonly string[],
  streams?: Streams,
): Promise<string> {
  const nothing = openSync("/dev/null", "r");
  const output = memoryFile("runc-output");
  try {
    const env = streams ? { [BORROWED_STDERR_VARIABLE]: "1" } : {};
    const status = await run(runtime, what, args, streams ?? [nothing, output, output], env);
    const text = readAll(output);
    if (status !== 0) throw new Unknown(`OCI runtime ${what} failed: ${reason(runtime, status, text)}`);
    return text;
  } finally {
    closeSync(nothing);
    closeSync(output);
  }
}

/** Runs a command of the runtime with text on its standard input. */
export async function callRuntimeWith(
  runtime: Runtime,
  what: string,
  args: readonly string[],
  inputFd: number,
): Promise<void> {
  const output = memoryFile("runc-output");
  try {
    const status = await run(runtime, what, args, [inputFd, output, output]);
    if (status !== 0) throw new Unknown(`OCI runtime ${what} failed: ${reason(runtime, status, readAll(output))}`);
  } finally {
    closeSync(output);
  }
}

async function run(
  { binary, root, bundle, systemdCgroup }: Runtime,
  what: string,
  args: readonly string[],
  fds: Streams,
  more: NodeJS.ProcessEnv = {},
): Promise<number> {
  const { NOTIFY_SOCKET: _, ...ours } = process.env; // the shim's, not the container's
  const env = { ...ours, ...traceEnvironment(), ...more };
  const global = ["--root", root, "--log", logPath(bundle), "--log-format", "json"];
  const argv = [binary, ...global, ...(systemdCgroup ? ["--systemd-cgroup"] : []), ...args];
  const path = findRuntime(binary, { PATH: ours.PATH ?? "", bundle, what });
  return (await exitOf(spawn({ path, argv, env, fds }))).status;
}

/** @throws {Unknown} When there is no such program, in containerd's words. */
function findRuntime(binary: string, { PATH, bundle, what }: { PATH: string; bundle: string; what: string }): string {
  try {
    return findProgram(binary, PATH);
  } catch (cause) {
    if (!isErrno(cause, "ENOENT")) throw cause;
    const reason = binary.includes("/")
      ? `fork/exec ${binary}: no such file or directory`
      : `exec: "${binary}": executable file not found in $PATH`;
    const noLog = `unable to retrieve OCI runtime error (open ${logPath(bundle)}: no such file or directory)`;
    throw new Unknown(`OCI runtime ${what} failed: ${noLog}: ${reason}`, { cause });
  }
}

function logPath(bundle: string): string {
  return join(bundle, "log.json");
}

function reason({ bundle }: Runtime, status: number, output: string): string {
  return lastError(bundle) ?? (output.trim() || `exit status ${status}`);
}

/** The last line of level error: the file is appended to by every command. */
function lastError(bundle: string): string | undefined {
  const lines = readLog(bundle).split("\n").filter(Boolean).reverse();
  const entries = lines.map((line) => JSON.parse(line) as { level?: string; msg?: string });
  return entries.find(({ level }) => level === "error")?.msg;
}

function readLog(bundle: string): string {
  try {
    return readFileSync(logPath(bundle), "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return "";
    throw error;
  }
}

function readAll(fd: number): string {
  const bytes = Buffer.alloc(fstatSync(fd).size);
  readSync(fd, bytes, 0, bytes.length, 0);
  return bytes.toString();
}
