/**
 * Standard streams of a process without a terminal: what containerd's client names, opened for the process itself.
 *
 *     a path       a FIFO, whose other end the client has; or a file, to which outputs are appended
 *     file://PATH  a file, which is made if it is not there
 *     binary://…   a program of the client's, which gets the outputs through pipes: logging-binary.ts
 *     ""           /dev/null
 *
 * The process writes to the FIFO without our help: outputs are not copied. (containerd's own shim puts a pipe in between.) What is left for
 * us is to keep the FIFO's other end from closing when the client dies, which would kill the process:
 *
 *     client ◀── FIFO ◀── process       and a read end of ours, which never reads
 *
 * So a process whose client is gone waits when the FIFO is full, and goes on when there is a client again. Input is another matter: stdin.ts.
 */
import { closeSync, constants, fchownSync, fstatSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { makeDirectories } from "@eras/linux/make-directories.ts";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Streams } from "./runc-cli.ts";
import { Stdin } from "./stdin.ts";

const { O_APPEND, O_CREAT, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/** Where the streams go, as the client says. */
export interface StdioRequest {
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
}

/** Whose streams they are. */
export interface StdioOwner {
  readonly id: string;
  readonly namespace: string;
  /** Who may open the streams by their names in /proc, where root of the container is not root: 0 and 0 is everybody's root. */
  readonly uid: number;
  readonly gid: number;
}

/** Opened streams. */
export interface Stdio {
  /** For the process: close them when it has them. */
  readonly streams: Streams;
  /** Resolves when what the process has printed has been taken, as far as that is our business. */
  readonly drained: Promise<unknown>;
  /** The client won't send more. */
  closeStdin(): void;
  /** The process has ended: lets go of our own ends. */
  close(): void;
}

/** @throws ENOENT (of `node:fs`) when there is no such FIFO; {InvalidArgument} for an unknown kind of stream. */
export async function openStdio({ stdin, stdout, stderr }: StdioRequest, owner: StdioOwner): Promise<Stdio> {
  if (stdout.startsWith("binary:")) {
    const { openLoggingBinary } = await import("./logging-binary.ts");
    return openLoggingBinary(new URL(stdout), owner);
  }
  const opened: number[] = [];
  const held = new HeldEnds();
  try {
    opened.push(openInput(stdin, held, owner));
    opened.push(openOutput(stdout, held));
    opened.push(openOutput(stderr, held));
    if (owner.uid > 0 || owner.gid > 0) held.giveTo(owner);
  } catch (error) {
    for (const fd of opened) closeSync(fd);
    held.close();
    throw error;
  }
  const [input, output, errors] = opened as [number, number, number];
  const ends = { closeStdin: () => held.stdin?.end(), close: () => held.close() };
  return { streams: [input, output, errors], drained: Promise.resolve(), ...ends };
}

function openInput(path: string, held: HeldEnds, owner: StdioOwner): number {
  if (path === "") return openSync("/dev/null", O_RDONLY);
  held.stdin = new Stdin(path, owner);
  return held.stdin.readEnd;
}

function openOutput(uri: string, held: HeldEnds): number {
  if (uri === "") return openSync("/dev/null", O_WRONLY);
  if (uri.startsWith("file:")) return openFile(new URL(uri).pathname);
  if (/^[a-z]+:/.test(uri))
    throw new InvalidArgument(`Cannot use ${uri} for output: file:, binary: or a FIFO is needed: invalid argument`);
  held.outputs.push(openSync(uri, O_RDONLY | O_NONBLOCK)); // first: opening for writing waits for a reader
  return openSync(uri, O_WRONLY | O_APPEND);
}

function openFile(path: string): number {
  makeDirectories(dirname(path));
  return openSync(path, O_WRONLY | O_APPEND | O_CREAT, 0o644);
}

class HeldEnds {
  stdin: Stdin | undefined;
  readonly outputs: number[] = [];

  /** A client may have named what is no FIFO, /dev/null for one: that stays whose it is. */
  giveTo({ uid, gid }: StdioOwner): void {
    for (const fd of this.outputs) if (fstatSync(fd).isFIFO()) fchownSync(fd, uid, gid);
  }

  close(): void {
    this.stdin?.close();
    for (const fd of this.outputs.splice(0)) closeSync(fd);
  }
}
