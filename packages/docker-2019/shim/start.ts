/**
 * `start`: a shim for the container of this bundle, and where it listens, on standard output.
 *
 * Genuinely, this starts another process and ends. A start of Node takes longer than all else here, so there is one: bin/containerd-shim-eras-v2
 * ends when it has the address, and this goes on and is the shim.
 */
import { linkSync, mkdirSync, openSync, readFileSync, renameSync, unlinkSync, writeFileSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { dup2 } from "@eras/linux/descriptors.ts";
import { isErrno } from "@eras/linux/errno.ts";
import { listenUnix } from "@eras/linux/fd-passing.ts";
import { setsid } from "@eras/linux/tty.ts";
import { step } from "../steps.ts";
import { groupOf, removeDeadSocket, shimSocket } from "./address.ts";
import type { Options } from "./command-line.ts";

/** @see https://man7.org/linux/man-pages/man5/proc_pid_oom_score_adj.5.html */
const OOM_SCORE_ADJ_MAX = 1000;
const STANDARD_STREAMS = [0, 1, 2];

/** The socket that a shim is to serve. */
export interface ShimSocket {
  readonly path: string;
  readonly fd: number;
}

/** Prints the address of the group's shim. @returns The socket, if there was none and this process is to be it. */
export function start(options: Options): ShimSocket | undefined {
  step("shim.listen", { bundle: options.bundle });
  const path = shimSocket(options.address, options.namespace, groupOf(options.bundle, options.id, options.group));
  const fd = removeDeadSocket(path) ? listenAt(path) : undefined;
  writeAddress(options.bundle, `unix://${path}`);
  writeSync(1, `unix://${path}`); // who connects now waits in the socket's queue
  if (fd === undefined) return undefined;
  leaveCaller();
  return { path, fd };
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

/** For containerd, when it comes back after a restart. */
function writeAddress(bundle: string, address: string): void {
  writeFileSync(join(bundle, ".address"), address);
  renameSync(join(bundle, ".address"), join(bundle, "address"));
}

/** Whoever has called waits until nobody has its streams any more; and its signals are not for us. */
function leaveCaller(): void {
  const nothing = openSync("/dev/null", "r+");
  for (const fd of STANDARD_STREAMS) dup2(nothing, fd);
  setsid();
  const score = Number(readFileSync("/proc/self/oom_score_adj", "utf8")); // containerd's: when memory is short, a shim is to go first
  writeFileSync("/proc/self/oom_score_adj", String(Math.min(score + 1, OOM_SCORE_ADJ_MAX)));
}
