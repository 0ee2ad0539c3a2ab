/** ctr's own standard streams, connected to those of a task. */
import { once } from "node:events";
import { writeSync } from "node:fs";
import type { Socket } from "node:net";
import { isErrno } from "@eras/linux/errno.ts";
import { POLLOUT, poll } from "@eras/linux/poll.ts";
import type { TaskStreams } from "./fifos.ts";

/**
 * Copies what the task writes, and what is typed. Call when the task is there.
 *
 * @param onStdinEnd - There is nothing more to read: the task has to be told, for its shim holds the pipe open.
 * @returns Resolves when the task has written its last.
 */
export async function copyStreams(streams: TaskStreams, onStdinEnd: () => void): Promise<void> {
  const { stdin, stdout, stderr } = streams;
  if (stdin) copyStdin(stdin, onStdinEnd);
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

function copyStdin(to: Socket, onEnd: () => void): void {
  to.on("error", () => process.stdin.destroy()); // the task has ended
  process.stdin.on("error", onEnd); // closed before ctr was started
  process.stdin.on("end", () => {
    to.end();
    onEnd();
  });
  process.stdin.pipe(to, { end: false });
}
