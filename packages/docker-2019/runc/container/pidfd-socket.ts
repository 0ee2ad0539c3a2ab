/** `--pidfd-socket`: who manages a container gets its process as a descriptor too, which never comes to mean another process, as a PID may. */
import { closeSync } from "node:fs";
import { connectUnix, sendFds } from "@eras/linux/fd-passing.ts";
import { pidfdOpen } from "@eras/linux/pidfd.ts";
import { errorText } from "../error-text.ts";

/** What is sent beside the descriptor: whether it is a container's first process, or one of `exec`. */
export type PidfdKind = "standard" | "setns";

/**
 * Connects to whoever listens on `path`. Call before the process is there.
 *
 * @returns What sends a child of ours, which is to be called once.
 * @throws {Error} When nobody listens.
 */
export function connectPidfdSocket(path: string, kind: PidfdKind): (pid: number) => void {
  const socket = connect(path);
  return (pid) => {
    const pidFd = pidfdOpen(pid); // nobody has waited for it yet, so it is the right one even if it has ended
    sendFds(socket, [pidFd], Buffer.from(kind));
    closeSync(pidFd);
    closeSync(socket);
  };
}

function connect(path: string): number {
  try {
    return connectUnix(path);
  } catch (error) {
    throw new Error(`failed to dial ${path}: ${errorText(error as NodeJS.ErrnoException)}`, { cause: error });
  }
}
