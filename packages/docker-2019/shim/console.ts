/**
 * The terminal of a process: runc opens it inside the container and sends us its master; we carry what the client types and what the process
 * prints.
 *
 *     client ──▶ stdin FIFO  ──▶ shim ──▶ master ═ slave: the process
 *     client ◀── stdout FIFO ◀── shim ◀──
 */
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ReadStream } from "node:tty";
import { isErrno } from "@eras/linux/errno.ts";
import { acceptUnix, listenUnix, recvFds } from "@eras/linux/fd-passing.ts";
import { setNonblocking } from "@eras/linux/pipe.ts";
import { setWindowSize } from "@eras/linux/tty.ts";
import type { StdioRequest } from "./stdio.ts";

const { O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = constants;
const RETRY_MS = 10;

/** The socket on which runc delivers the master. */
export class ConsoleSocket {
  readonly path: string;
  readonly #dir: string;
  readonly #fd: number;

  constructor() {
    this.#dir = mkdtempSync(join(tmpdir(), "pty"));
    this.path = join(this.#dir, "pty.sock");
    this.#fd = listenUnix(this.path);
  }

  /** The master. Call when runc has ended well: it has sent it by then, and this does not wait. */
  receive(): number {
    const connection = acceptUnix(this.#fd);
    try {
      const [master] = recvFds(connection, 1).fds;
      if (master === undefined) throw new Error("Cannot serve the terminal: the runtime has sent none");
      return master;
    } finally {
      closeSync(connection);
    }
  }

  close(): void {
    closeSync(this.#fd);
    rmSync(this.#dir, { recursive: true });
  }
}

/** A terminal that is being served. */
export class Console {
  readonly #master: number;
  readonly #output: ReadStream;
  #stdin: Socket | undefined;
  #heldStdin: number | undefined;

  /** @param request - FIFOs of the client; a terminal has no stderr. */
  constructor(master: number, { stdin, stdout }: Pick<StdioRequest, "stdin" | "stdout">) {
    this.#master = master;
    setNonblocking(master);
    this.#output = new ReadStream(master);
    this.#output.on("error", () => {}); // EIO: nobody has the slave open any more
    this.#copyOutput(stdout);
    if (stdin !== "") this.#copyInput(stdin);
  }

  resize(columns: number, rows: number): void {
    if (!this.#output.destroyed) setWindowSize(this.#master, { columns, rows });
  }

  /** The client won't type any more. */
  closeStdin(): void {
    if (this.#heldStdin !== undefined) closeSync(this.#heldStdin);
    this.#heldStdin = undefined;
  }

  /** Resolves when everything that was printed has gone to the client. */
  async drained(): Promise<void> {
    if (!this.#output.destroyed) await new Promise((resolve) => this.#output.once("close", resolve));
  }

  close(): void {
    this.closeStdin();
    this.#stdin?.destroy();
    this.#output.destroy();
  }

  /** Opened for reading, too, so that a client that dies neither kills nor blocks the copying. */
  #copyOutput(path: string): void {
    if (path === "") {
      this.#output.resume();
      return;
    }
    const fifo = new Socket({ fd: openSync(path, O_RDWR | O_NONBLOCK), readable: false, writable: true });
    fifo.on("error", () => {});
    this.#output.pipe(fifo);
    this.#output.once("close", () => fifo.destroySoon());
  }

  #copyInput(path: string): void {
    const fd = openSync(path, O_RDONLY | O_NONBLOCK);
    this.#heldStdin = openSync(path, O_WRONLY | O_NONBLOCK);
    this.#stdin = new Socket({ fd, readable: true, writable: false });
    this.#stdin.on("error", () => {});
    this.#stdin.on("data", (keys: Buffer) => this.#type(keys));
  }

  /** While the process doesn't read, its terminal may be full: then the client's keys have to wait. */
  #type(keys: Buffer): void {
    const typed = this.#tryToType(keys);
    if (typed === keys.length) return;
    this.#stdin?.pause();
    setTimeout(() => {
      this.#stdin?.resume();
      this.#type(keys.subarray(typed));
    }, RETRY_MS);
  }

  #tryToType(keys: Buffer): number {
    if (this.#output.destroyed) return keys.length;
    try {
      return writeSync(this.#master, keys);
    } catch (error) {
      if (isErrno(error, "EAGAIN")) return 0;
      if (isErrno(error, "EIO", "EBADF")) return keys.length; // gone
      throw error;
    }
  }
}
