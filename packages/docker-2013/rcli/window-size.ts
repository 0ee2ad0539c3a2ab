/**
 * The size of the user's terminal, and whether another terminal is at the other end: what rcli's stream has no room for.
 *
 * A client at a terminal opens a second connection, to a socket that is named after the daemon's TCP address, and tells on it which
 * rcli connection it speaks of (by the client's port) and how large the terminal is; once at the start, and again at every change.
 *
 *     client ──▶ daemon    53412 24 80\n      port, rows, columns
 *     client ◀── daemon    \n                 noted: from here on the command line may be sent
 *     client ◀── daemon    raw\n              output comes from a container's terminal, which has made the line ends
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

/** A client at a terminal, as the daemon knows it. */
interface Sitter {
  readonly size: WindowSize;
  readonly side: Socket;
}

const RAW = "raw\n";

const LINE = /^(\d+) (\d+) (\d+)$/;
const socketName = (port: number | undefined) => `\0docker-eras-2013/window-size/${port}`;

/**
 * The client's half: tells the daemon the size of `terminal`, now and whenever it changes. Resolves when the daemon has noted it, or
 * can't be told: a wrong size is no reason to fail.
 *
 * @param onRaw - Called when a terminal turns out to be at the other end.
 */
export function announceWindowSize(socket: Socket, terminal: WriteStream, onRaw: () => void): Promise<void> {
  return new Promise((resolve) => {
    const side = connect({ path: socketName(socket.remotePort) });
    const tell = () => side.write(`${socket.localPort} ${terminal.rows} ${terminal.columns}\n`);
    side.once("connect", tell).on("data", (bytes: Buffer) => (bytes.includes(RAW) ? onRaw() : resolve()));
    side.once("error", () => resolve()).once("close", () => resolve());
    terminal.on("resize", tell);
    socket.once("close", () => side.destroy());
    side.unref();
  });
}

/** The daemon's half: the sizes of its clients' terminals. */
export class WindowSizes {
  readonly #sitters = new Map<number, Sitter>();
  readonly #changes = new EventEmitter().setMaxListeners(0);

  /** Listens beside the TCP server on `port`. */
  listen(port: number): Promise<void> {
    const server = createServer((side) => this.#serve(side));
    return new Promise((resolve, reject) => server.once("error", reject).listen(socketName(port), resolve));
  }

  /** Whether the client at the other end of `connection` sits at a terminal that it told us of. */
  has(connection: unknown): boolean {
    return this.#sitters.has(clientPort(connection));
  }

  /** Couples the client's terminal with a container's: hands its size to `listener`, now and at every change, until the connection closes. */
  follow(connection: NodeJS.EventEmitter, listener: (size: WindowSize) => void): void {
    const port = clientPort(connection);
    const sitter = this.#sitters.get(port);
    if (!sitter) return;
    sitter.side.write(RAW);
    listener(sitter.size);
    this.#changes.on(String(port), listener);
    connection.once("close", () => this.#changes.off(String(port), listener));
  }

  #serve(side: Socket): void {
    const ports = new Set<number>();
    side.on("error", () => {});
    side.on("close", () => {
      for (const port of ports) this.#sitters.delete(port);
    });
    side.setEncoding("utf8").on("data", (text: string) => {
      for (const line of text.split("\n")) {
        const [, port, rows, columns] = (LINE.exec(line) ?? []).map(Number);
        if (port === undefined || rows === undefined || columns === undefined) continue;
        ports.add(port);
        this.#sitters.set(port, { size: { rows, columns }, side });
        this.#changes.emit(String(port), { rows, columns });
      }
      side.write("\n");
    });
  }
}

const clientPort = (connection: unknown) => (connection instanceof Socket ? (connection.remotePort ?? 0) : 0);
