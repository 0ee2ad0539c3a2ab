/**
 * The terminal of a container that runs in the foreground: runc has its master and carries what is typed and printed.
 *
 *     your terminal, raw ── keys ──▶ runc ──▶ master ═ slave: the container's standard input, output and error
 *                        ◀── text ──      ◀──
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { ReadStream } from "node:tty";
import { isErrno } from "@eras/linux/errno.ts";
import { recvFds, socketpair } from "@eras/linux/fd-passing.ts";
import { setNonblocking } from "@eras/linux/pipe.ts";
import {
  getTermios,
  getWindowSize,
  isatty,
  makeRaw,
  setTermios,
  setWindowSize,
  withoutCarriageReturns,
} from "@eras/linux/tty.ts";

const [STDIN, STDOUT, STDERR] = [0, 1, 2];

export class TerminalProxy {
  /** For the init, which sends the master there. */
  readonly consoleFd: number;
  readonly #ours = openOurTerminal();
  readonly #receiver: number;
  #master: number | undefined;

  /** @throws ENXIO (of `node:fs`) for /dev/tty, when runc has no terminal whose keys it could carry. */
  constructor() {
    [this.#receiver, this.consoleFd] = socketpair();
  }

  /** Takes the master. Call when the init has sent it, and before the program prints: its lines are to be ours as it wrote them. */
  receive(): number {
    closeSync(this.consoleFd);
    const [master] = recvFds(this.#receiver, 1).fds;
    closeSync(this.#receiver);
    if (master === undefined) throw new Error("Cannot serve the terminal: the init has sent none");
    setTermios(master, withoutCarriageReturns(getTermios(master)));
    this.#master = master;
    return master;
  }

  /** Begins to copy. @returns Resolves `ended` when all is printed. */
  open(): { readonly ended: Promise<void>; close(): void } {
    const master = this.#master ?? this.receive();
    const restore = takeOver(this.#ours, master);
    const output = printOutput(master);
    const input = typeInput(master);
    return {
      ended: output,
      close: () => {
        input.destroy();
        restore();
      },
    };
  }
}

/** The streams may be elsewhere, one or all: the controlling terminal is there all the same. */
function openOurTerminal(): number {
  return [STDERR, STDOUT, STDIN].find(isatty) ?? openSync("/dev/tty", "r");
}

/** Our own terminal hands every key on unseen, and ends lines as ever; its size is the container's. @returns Puts it back. */
function takeOver(ours: number, master: number): () => void {
  const before = getTermios(ours);
  setTermios(ours, { ...makeRaw(before), oflag: before.oflag });
  const resize = () => setWindowSize(master, getWindowSize(ours));
  resize();
  process.on("SIGWINCH", resize);
  return () => {
    process.off("SIGWINCH", resize);
    setTermios(ours, before);
  };
}

/** EIO is how a master says that nobody has the slave open any more. */
function printOutput(master: number): Promise<void> {
  setNonblocking(master);
  const stream = new ReadStream(master);
  stream.on("data", (text: Buffer) => writeAll(STDOUT, text)).on("error", () => {});
  return new Promise((resolve) => stream.once("close", resolve));
}

function typeInput(master: number): { destroy(): void } {
  const stream = process.stdin;
  stream.on("data", (keys: Buffer) => writeAll(master, keys)).on("error", () => {});
  if (isatty(STDIN)) stream.unref(); // a file or a pipe ends by itself
  return stream;
}

/** Whoever reads there may be slow, and the descriptor may be one that doesn't wait. */
function writeAll(fd: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(fd, bytes, written);
    } catch (error) {
      if (isErrno(error, "EIO", "EPIPE", "EBADF")) return; // gone
      if (!isErrno(error, "EAGAIN")) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1); // a millisecond
    }
  }
}
