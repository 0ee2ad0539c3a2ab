/**
 * Standard input of a process without a terminal.
 *
 *     client ──▶ FIFO ──▶ shim ──▶ pipe ──▶ process
 *
 * A FIFO alone would not do. Who opens one that has no writer waits for a writer, and a process may open its input again after the client has
 * come to the end: `cat /dev/stdin`. A pipe has no such rule.
 */
import { closeSync, constants, fchownSync, openSync } from "node:fs";
import { Socket } from "node:net";
import { pipe } from "@eras/linux/pipe.ts";
import type { StdioOwner } from "./stdio.ts";

const { O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/** Input that is being carried. */
export class Stdin {
  /** The process's end: close it when the process has it. */
  readonly readEnd: number;
  readonly #from: Socket;
  readonly #to: Socket;
  #held: number | undefined;

  /** @throws ENOENT (of `node:fs`) when there is no FIFO. */
  constructor(path: string, { uid, gid }: StdioOwner) {
    const fifo = openSync(path, O_RDONLY | O_NONBLOCK); // does not wait for a writer
    this.#held = openSync(path, O_WRONLY | O_NONBLOCK); // a client that goes is not the end: CloseIO is
    const { readEnd, writeEnd } = pipe();
    if (uid > 0 || gid > 0) fchownSync(readEnd, uid, gid);
    this.readEnd = readEnd;
    this.#from = new Socket({ fd: fifo, readable: true, writable: false });
    this.#to = new Socket({ fd: writeEnd, readable: false, writable: true });
    for (const socket of [this.#from, this.#to]) socket.on("error", () => this.close()); // EPIPE: nobody reads any more
    this.#from.pipe(this.#to);
  }

  /** The client won't send more: the process sees the end behind what is under way. */
  end(): void {
    if (this.#held !== undefined) closeSync(this.#held);
    this.#held = undefined;
  }

  /** Lets go of everything. */
  close(): void {
    this.end();
    this.#from.destroy();
    this.#to.destroy();
  }
}
