/**
 * The terminal of a process: runc opens it inside the container and sends us its master; we carry what the client types and what the process
 * prints.
 *
 *     client ──▶ stdin FIFO  ──▶ shim ──▶ master ═ slave: the process
 *     client ◀── stdout FIFO ◀── shim ◀──
 *
 * The client may have a program of its own for the output instead of the FIFO: logging-binary.ts.
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
import type { StdioOwner, StdioRequest } from "./stdio.ts";

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

  /** The master. Call when runc has ended well: it has sent it by then, and this does not wait. @throws {ErrnoError} EAGAIN if it has not. */
  receive(): number {
    setNonblocking(this.#fd);
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
  readonly #client: Socket | undefined;
  /** Resolves when everything that was printed has gone to the client. */
  readonly drained: Promise<unknown>;
  #stdin: Socket | undefined;
  #heldStdin: number | undefined;

  private constructor(master: number, client: Socket | undefined) {
    this.#master = master;
    this.#client = client;
    setNonblocking(master);
    this.#output = new ReadStream(master);
    this.#output.on("error", () => {}); // EIO: nobody has the slave open any more
    this.drained = new Promise((resolve) => (client ?? this.#output).once("close", resolve));
    this.#copyOutput();
  }

  /**
   * Begins to carry.
   *
   * @param request - FIFOs of the client; a terminal has no stderr.
   * @throws ENOENT (of `node:fs`) when there is no such FIFO; the master is closed then, which ends the process.
   */
  static async serve(master: number, { stdin, stdout }: StdioRequest, owner: StdioOwner): Promise<Console> {
    const client = await openOutput(stdout, owner).catch((error: unknown) => {
      closeSync(master);
      throw error;
    });
    const served = new Console(master, client);
    try {
      if (stdin !== "") served.#copyInput(stdin);
      return served;
    } catch (error) {
      served.close();
      throw error;
    }
  }

  resize(columns: number, rows: number): void {
    if (!this.#output.destroyed) setWindowSize(this.#master, { columns, rows });
  }

  /** The client won't type any more. */
  closeStdin(): void {
    if (this.#heldStdin !== undefined) closeSync(this.#heldStdin);
    this.#heldStdin = undefined;
  }

  close(): void {
    this.closeStdin();
    this.#stdin?.destroy();
    this.#output.destroy();
    this.#client?.destroy();
  }

  /** While the client doesn't read, the terminal isn't read either, and the process waits when it is full. */
  #copyOutput(): void {
    const client = this.#client;
    if (client === undefined) return void this.#output.resume();
    client.on("error", () => {});
    this.#output.pipe(client);
    this.#output.once("close", () => client.destroySoon());
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

/** A FIFO is opened for reading, too, so that a client that dies does not end the carrying, and may come back. */
async function openOutput(uri: string, owner: StdioOwner): Promise<Socket | undefined> {
  if (uri === "") return undefined;
  const fd = uri.startsWith("binary:") ? await openLogger(uri, owner) : openSync(uri, O_RDWR | O_NONBLOCK);
  return new Socket({ fd, readable: false, writable: true });
}

async function openLogger(uri: string, owner: StdioOwner): Promise<number> {
  const { openLoggingBinary } = await import("./logging-binary.ts");
  const [nothing, stdout, stderr] = (await openLoggingBinary(new URL(uri), owner)).streams;
  for (const fd of [nothing, stderr]) closeSync(fd);
  return stdout;
}
