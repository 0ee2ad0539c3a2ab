/**
 * `binary:///usr/bin/logger?key=value`: a program of the client's that gets a container's outputs.
 *
 *     descriptor 3   standard output      4   standard error      5   to be closed when it is ready
 *
 * It sees the end of its inputs when the last process has ended that has them, and ends by itself.
 *
 * @see https://github.com/containerd/containerd/blob/v1.6.20/runtime/v2/README.md#logging
 */
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { Socket } from "node:net";
import { type Pipe, pipe } from "@eras/linux/pipe.ts";
import { exitOf } from "./reaper.ts";
import { spawn } from "./spawn.ts";
import type { Stdio, StdioOwner } from "./stdio.ts";

/** Starts the program and waits until it is ready. @throws {ErrnoError} When it can't be started. */
export async function openLoggingBinary(uri: URL, owner: StdioOwner): Promise<Stdio> {
  const ready = pipe();
  const stdio = startLogger(uri, owner, ready);
  await endOf(ready.readEnd);
  return stdio;
}

function startLogger(uri: URL, owner: StdioOwner, ready: Pipe): Stdio {
  const nothing = openSync("/dev/null", "r+");
  const [stdout, stderr] = [pipe(), pipe()];
  const [ours, its] = [
    [nothing, stdout.writeEnd, stderr.writeEnd] as const,
    [stdout.readEnd, stderr.readEnd, ready.writeEnd],
  ];
  try {
    const drained = exitOf(spawn({ ...program(uri, owner), fds: [nothing, nothing, nothing, ...its] }));
    return { streams: ours, drained, closeStdin: () => {}, close: () => {} };
  } catch (error) {
    for (const fd of [...ours, ready.readEnd]) closeSync(fd);
    throw error;
  } finally {
    for (const fd of its) closeSync(fd);
  }
}

function program({ pathname, searchParams }: URL, { id, namespace }: StdioOwner) {
  const args = [...searchParams].flatMap(([key, value]) => (value === "" ? [key] : [key, value]));
  const env = { ...process.env, CONTAINER_ID: id, CONTAINER_NAMESPACE: namespace };
  return { path: pathname, argv: [pathname, ...args], env };
}

/** It writes nothing: its closing the pipe is the sign. Others of the shim's containers go on meanwhile. */
async function endOf(fd: number): Promise<void> {
  const sign = new Socket({ fd, readable: true, writable: false });
  await once(sign.resume(), "close");
}
