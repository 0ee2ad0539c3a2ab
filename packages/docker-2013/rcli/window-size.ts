/**
 * The size of the user's terminal: the one thing that rcli's stream has no room for.
 *
 * A client at a terminal opens a second connection, to a socket that is named after the daemon's TCP address, and tells on it which
 * rcli connection it speaks of (by the client's port) and how large the terminal is; once at the start, and again at every change.
 *
 *     client ──▶ daemon    53412 24 80\n      port, rows, columns
 *     client ◀── daemon    \n                 noted: from here on the command line may be sent
 *
 * The socket's name is abstract: no file, and visible only in the same network namespace. A client elsewhere does without.
 *
 * @see https://man7.org/linux/man-pages/man7/unix.7.html
 */
import { EventEmitter } from "node:events";
import { connect, createServer, Socket } from "node:net";
import type { WriteStream } from "node:tty";

/** Size of a terminal in characters. */
export interface WindowSize {
  readonly rows: number;
  readonly columns: number;
}

const LINE = /^(\d+) (\d+) (\d+)$/;
const socketName = (port: number | undefined) => `\0docker-eras-2013/window-size/${port}`;

/**
 * The client's half: tells the daemon the size of `terminal`, now and whenever it changes. Resolves when the daemon has noted it, or
 * can't be told: a wrong size is no reason to fail.
 */
export function announceWindowSize(socket: Socket, terminal: WriteStream): Promise<void> {
  return new Promise((resolve) => {
    const side = connect({ path: socketName(socket.remotePort) });
    const tell = () => side.write(`${socket.localPort} ${terminal.rows} ${terminal.columns}\n`);
    side.once("connect", tell).once("data", () => resolve());
    side.once("error", () => resolve()).once("close", () => resolve());
    terminal.on("resize", tell);
    socket.once("close", () => side.destroy());
    side.unref();
  });
}

/** The daemon's half: the sizes of its clients' terminals. */
export class WindowSizes {
  readonly #sizes = new Map<number, WindowSize>();
  readonly #changes = new EventEmitter().setMaxListeners(0);

  /** Listens beside the TCP server on `port`. */
  listen(port: number): Promise<void> {
    const server = createServer((side) => this.#serve(side));
    return new Promise((resolve, reject) => server.once("error", reject).listen(socketName(port), resolve));
  }

  /** Whether the client at the other end of `connection` sits at a terminal that it told us of. */
  has(connection: unknown): boolean {
    return this.#sizes.has(clientPort(connection));
  }

  /** Hands the size of the client's terminal to `listener`, now and at every change, until the connection closes. */
  follow(connection: NodeJS.EventEmitter, listener: (size: WindowSize) => void): void {
    const port = clientPort(connection);
    const size = this.#sizes.get(port);
    if (!size) return;
    listener(size);
    this.#changes.on(String(port), listener);
    connection.once("close", () => this.#changes.off(String(port), listener));
  }

  #serve(side: Socket): void {
    const ports = new Set<number>();
    side.on("error", () => {});
    side.on("close", () => {
      for (const port of ports) this.#sizes.delete(port);
    });
    side.setEncoding("utf8").on("data", (text: string) => {
      for (const line of text.split("\n")) {
        const [, port, rows, columns] = (LINE.exec(line) ?? []).map(Number);
        if (port === undefined || rows === undefined || columns === undefined) continue;
        ports.add(port);
        this.#sizes.set(port, { rows, columns });
        this.#changes.emit(String(port), { rows, columns });
      }
      side.write("\n");
    });
  }
}

const clientPort = (connection: unknown) => (connection instanceof Socket ? (connection.remotePort ?? 0) : 0);
