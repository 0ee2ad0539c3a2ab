/**
 * `start`: a shim for the container of this bundle, and where it listens, on standard output.
 *
 * The socket listens before the shim runs: who connects meanwhile waits in its queue. So we need not wait for the shim, only start it.
 */
import { linkSync, mkdirSync, openSync, readFileSync, renameSync, unlinkSync, writeFileSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { isErrno } from "@eras/linux/errno.ts";
import { listenUnix } from "@eras/linux/fd-passing.ts";
import { groupOf, removeDeadSocket, shimSocket } from "./address.ts";
import type { Options } from "./command-line.ts";
import { spawn } from "./spawn.ts";

/** @see https://man7.org/linux/man-pages/man5/proc_pid_oom_score_adj.5.html */
const OOM_SCORE_ADJ_MAX = 1000;
const PROGRAM = join(import.meta.dirname, "../../../bin/containerd-shim-eras-v2");

/** Prints the address of the shim, which is started unless the group has one. */
export function start(options: Options): void {
  const socket = shimSocket(options.address, options.namespace, groupOf(options.bundle, options.id));
  if (removeDeadSocket(socket)) startShim(options, socket);
  writeAddress(options.bundle, `unix://${socket}`);
  writeSync(1, `unix://${socket}`);
}

function startShim(options: Options, socket: string): void {
  const listening = listenAt(socket);
  if (listening === undefined) return;
  const nothing = openSync("/dev/null", "r+");
  const pid = spawn({
    path: PROGRAM,
    argv: [PROGRAM, ...serveArguments(options, socket)],
    fds: [nothing, nothing, nothing, listening],
    newSession: true, // signals to containerd's process group are not for us
  });
  expose(pid);
}

/** @returns Nothing when another `start` of the group has been quicker. The socket gets its name when it listens: nobody finds it dead. */
function listenAt(socket: string): number | undefined {
  mkdirSync(dirname(socket), { recursive: true, mode: 0o711 });
  const unnamed = join(dirname(socket), `.${process.pid}`);
  const umask = process.umask(0o177); // for nobody but root
  const listening = listenUnix(unnamed);
  process.umask(umask);
  try {
    linkSync(unnamed, socket);
    return listening;
  } catch (error) {
    if (!isErrno(error, "EEXIST")) throw error;
    return undefined;
  } finally {
    unlinkSync(unnamed);
  }
}

/** When memory is short, the kernel is to kill a shim before containerd, whose score we have. */
function expose(pid: number): void {
  const score = Number(readFileSync("/proc/self/oom_score_adj", "utf8"));
  writeFileSync(`/proc/${pid}/oom_score_adj`, String(Math.min(score + 1, OOM_SCORE_ADJ_MAX)));
}

function serveArguments({ namespace, id, address, publishBinary, debug }: Options, socket: string): string[] {
  const flags = [
    "-namespace",
    namespace,
    "-id",
    id,
    "-address",
    address,
    "-publish-binary",
    publishBinary,
    "-socket",
    socket,
  ];
  return debug ? [...flags, "-debug"] : flags;
}

/** For containerd, when it comes back after a restart. */
function writeAddress(bundle: string, address: string): void {
  writeFileSync(join(bundle, ".address"), address);
  renameSync(join(bundle, ".address"), join(bundle, "address"));
}
