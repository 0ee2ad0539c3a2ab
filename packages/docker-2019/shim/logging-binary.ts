/**
 * `binary:///usr/bin/logger?key=value`: a program of the client's that gets a container's outputs.
 *
 *     descriptor 3   standard output      4   standard error      5   to be closed when it is ready
 *
 * @see https://github.com/containerd/containerd/blob/v1.6.20/runtime/v2/README.md#logging
 */
import { closeSync, openSync, readSync } from "node:fs";
import { pipe } from "@eras/linux/pipe.ts";
import { posixSpawn } from "@eras/linux/posix-spawn.ts";
import { exitOf } from "./reaper.ts";
import type { LoggerEnvironment, Stdio } from "./stdio.ts";

/** Starts the program and waits until it is ready. @throws {ErrnoError} When it can't be started. */
export function openLoggingBinary({ pathname, searchParams }: URL, { id, namespace }: LoggerEnvironment): Stdio {
  const [stdout, stderr, ready] = [pipe(), pipe(), pipe()];
  const args = [...searchParams].flatMap(([key, value]) => (value === "" ? [key] : [key, value]));
  const nothing = openSync("/dev/null", "r+");
  const env = { ...process.env, CONTAINER_ID: id, CONTAINER_NAMESPACE: namespace };
  const fds = [nothing, nothing, nothing, stdout.readEnd, stderr.readEnd, ready.writeEnd];
  void exitOf(posixSpawn({ path: pathname, argv: [pathname, ...args], env, fds }));
  for (const fd of [stdout.readEnd, stderr.readEnd, ready.writeEnd]) closeSync(fd);
  readSync(ready.readEnd, Buffer.alloc(1)); // it writes nothing: its closing the pipe is the sign
  closeSync(ready.readEnd);
  return { streams: [nothing, stdout.writeEnd, stderr.writeEnd], closeStdin: () => {}, close: () => {} };
}
