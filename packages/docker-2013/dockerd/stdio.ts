/**
 * A container's standard streams: what lxc-start gets as descriptors 0, 1 and 2, and the daemon's ends of them.
 *
 *     without -t    stdin /dev/null or a pipe (-i), stdout a pipe, stderr a pipe
 *     with -t       one terminal for all; its slave end becomes the container's controlling terminal
 *
 * In January 2013 -t made three terminals, none of them controlling: no job control, no Ctrl-C, no size. One is what April's 0.1.4 made.
 */
import { openSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { type Readable, Writable } from "node:stream";
import { ReadStream } from "node:tty";
import { isErrno } from "@eras/linux/errno.ts";
import { pipe, setNonblocking } from "@eras/linux/pipe.ts";
import { getTermios, isCanonical, openpty, setWindowSize, type Winsize } from "@eras/linux/tty.ts";

/** Descriptors for the child's 0, 1 and 2. */
export type ChildStdio = readonly [number, number, number];

export interface Stdio {
  /** To be closed once the child has them: else its outputs would never end. */
  readonly child: ChildStdio;
  /** Feeds the container; only with an open stdin. */
  readonly stdin?: Writable;
  readonly stdout: Readable;
  /** Absent with a terminal, where it is part of stdout. */
  readonly stderr?: Readable;
  /** Only with a terminal. */
  resize?(size: Winsize): void;
}

export function openStdio({ Tty, OpenStdin }: { Tty: boolean; OpenStdin: boolean }): Stdio {
  return Tty ? openTerminal(OpenStdin) : openPipes(OpenStdin);
}

function openPipes(openStdin: boolean): Stdio {
  const stdin = openStdin ? pipe() : undefined;
  const [stdout, stderr] = [pipe(), pipe()];
  const child: ChildStdio = [stdin?.readEnd ?? openNothing(), stdout.writeEnd, stderr.writeEnd];
  return {
    child,
    ...(stdin && { stdin: feeding(stdin.writeEnd) }),
    stdout: new Socket({ fd: stdout.readEnd, readable: true, writable: false }),
    stderr: new Socket({ fd: stderr.readEnd, readable: true, writable: false }),
  };
}

function openNothing(): number {
  return openSync("/dev/null", "r");
}

/** The container may close its stdin while the client still sends: EPIPE then is no error of ours. */
function feeding(fd: number): Writable {
  return new Socket({ fd, readable: false, writable: true }).on("error", () => {});
}

function openTerminal(openStdin: boolean): Stdio {
  const { master, slave } = openpty();
  setNonblocking(master);
  const stdout = new ReadStream(master);
  return {
    child: [openStdin ? slave : openNothing(), slave, slave],
    ...(openStdin && { stdin: new TerminalInput(master, stdout) }),
    stdout,
    resize: (size) => {
      if (!stdout.destroyed) setWindowSize(master, size);
    },
  };
}

const RETRY_MS = 10;
/** A prompt comes in pieces, and a program that answers Ctrl-D with more output must not keep us busy. */
const ANSWER_MS = 50;
const CTRL_D = "\x04";
const CTRL_U = "\x15";

/**
 * Types on a terminal.
 *
 * A terminal has no end of input that could be told once and for all, there is only the key for it; and a line editor that turns the
 * terminal to raw mode gets the keys before that as bare zeros. So once the input has ended, Ctrl-D answers whatever the container still
 * prints, as the next prompt; to a line editor after Ctrl-U, for it takes Ctrl-D as the end on an empty line only.
 */
class TerminalInput extends Writable {
  readonly #master: number;
  readonly #output: ReadStream;

  constructor(master: number, output: ReadStream) {
    super();
    this.#master = master;
    this.#output = output;
    output.once("close", () => this.destroy());
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    const typed = this.#type(chunk);
    if (typed === chunk.length) done();
    // Full: the container does not read. Nothing tells when it does again (the stream that could belongs to the reader), so try.
    else setTimeout(() => this._write(chunk.subarray(typed), _encoding, done), RETRY_MS);
  }

  override _final(done: () => void): void {
    this.#typeEnd();
    done();
  }

  #typeEnd(): void {
    if (this.#output.destroyed) return;
    this.#type(Buffer.from(isCanonical(getTermios(this.#master)) ? CTRL_D : CTRL_U + CTRL_D));
    this.#output.once("data", () => setTimeout(() => this.#typeEnd(), ANSWER_MS));
  }

  /** @returns How many bytes the terminal took; of one that is gone, all. */
  #type(chunk: Buffer): number {
    if (this.#output.destroyed) return chunk.length;
    try {
      return writeSync(this.#master, chunk);
    } catch (error) {
      if (isErrno(error, "EAGAIN")) return 0;
      if (isErrno(error, "EIO")) return chunk.length;
      throw error;
    }
  }
}
