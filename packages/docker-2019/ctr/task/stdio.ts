/** ctr's own standard streams, connected to those of a task. */
import { once } from "node:events";
import { writeSync } from "node:fs";
import type { Socket } from "node:net";
import { isErrno } from "@eras/linux/errno.ts";
import { POLLOUT, poll } from "@eras/linux/poll.ts";
import type { TaskStreams } from "./fifos.ts";

/** Copies what the task writes. Call when the task is there. @returns Resolves when it has written its last. */
export async function copyOutputs({ stdout, stderr }: TaskStreams): Promise<void> {
  await Promise.all([stdout && copyOut(stdout, 1), stderr && copyOut(stderr, 2)]);
}

async function copyOut(from: Socket, fd: number): Promise<void> {
  from.on("data", (piece: Buffer) => writeAll(fd, piece));
  from.on("error", () => {}); // "close" follows
  await once(from, "close");
}

/** In step with whoever reads: a task that writes too fast has to wait. */
function writeAll(fd: number, piece: Buffer): void {
  for (let done = 0; done < piece.length; ) {
    try {
      done += writeSync(fd, piece, done);
    } catch (error) {
      if (isErrno(error, "EPIPE")) return; // nobody reads; the task goes on
      if (!isErrno(error, "EAGAIN")) throw error;
      poll([{ fd, events: POLLOUT }], -1);
    }
  }
}

/**
 * Copies what is typed, until the end of it or of the task. Call when the process is started: before, a shim may not have opened its end
 * of an exec's pipe, and whatever is in a pipe that nobody has open is lost.
 *
 * @param onEnd - There is nothing more to read: the task has to be told, for its shim holds the pipe open.
 */
export function copyInput({ stdin: to }: TaskStreams, onEnd: () => void): void {
  if (!to) return;
  to.on("error", () => process.stdin.destroy()); // the task has ended
  process.stdin.on("error", onEnd); // closed before ctr was started
  process.stdin.on("end", () => {
    to.end();
    onEnd();
  });
  process.stdin.pipe(to, { end: false });
}
