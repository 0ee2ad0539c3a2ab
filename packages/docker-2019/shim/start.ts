/**
 * `start`: a shim for the container of this bundle, and where it listens, on standard output.
 *
 * Genuinely, this starts another process and ends. A start of Node takes longer than all else here, so there is one: bin/containerd-shim-eras-v2
 * ends when it has the address, and this goes on and is the shim.
 */
import { openSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { dup2 } from "@eras/linux/descriptors.ts";
import { listenUnix } from "@eras/linux/fd-passing.ts";
import { setsid } from "@eras/linux/tty.ts";
import { shimSocket } from "../proto/shim-socket.ts";
import { step } from "../step.ts";
import { addressOf, groupOf, isExpected, removeDeadSocket, withSocketsLocked, writeAddress } from "./address.ts";
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
  const fd = withSocketsLocked(() => {
    writeAddress(options.bundle, path); // a shim that serves there does not end any more, before our container has come
    return removeDeadSocket(path) ? listenAt(path) : undefined;
  });
  writeSync(1, addressOf(path)); // who connects now waits in the socket's queue
  if (fd === undefined) return undefined;
  leaveCaller();
  return { path, fd };
}

/** For nobody but root. */
function listenAt(socket: string): number {
  const umask = process.umask(0o177);
  try {
    return listenUnix(socket);
  } finally {
    process.umask(umask);
  }
}

/** Lets go of the socket's name, unless somebody has found it and will come. @returns Whether that has been done. */
export function stopListening({ path }: ShimSocket, bundlesDir: string): boolean {
  return withSocketsLocked(() => {
    if (isExpected(path, bundlesDir)) return false;
    rmSync(path, { force: true });
    return true;
  });
}

/** Whoever has called waits until nobody has its streams any more; and its signals are not for us. */
function leaveCaller(): void {
  const nothing = openSync("/dev/null", "r+");
  for (const fd of STANDARD_STREAMS) dup2(nothing, fd);
  setsid();
  const score = Number(readFileSync("/proc/self/oom_score_adj", "utf8")); // containerd's: when memory is short, a shim is to go first
  writeFileSync("/proc/self/oom_score_adj", String(Math.min(score + 1, OOM_SCORE_ADJ_MAX)));
}
