/**
 * What runc and the processes that it forks say to each other, over one socket, a line of JSON each. They take turns, and both read and
 * write synchronously.
 *
 *     runc                                     bootstrap                       init
 *     fork ───────────────────────────────────▶
 *     has a unit made      ◀──── admit ───────┤ (with --systemd-cgroup)
 *                          ───── go ─────────▶│
 *     writes the id maps   ◀──── mapIds ──────┤ (with a new user namespace)
 *                          ───── go ─────────▶│
 *     knows the init       ◀──── forked ──────┤ fork ───────────────────────▶
 *                          ───── go ────────────────────────────────────────▶ mounts
 *     copies a mount       ◀──── source ─────────────────────────────────────┤ (with ids mapped, in a user namespace)
 *                          ───── a descriptor ──────────────────────────────▶
 *     limits it, hooks     ◀──── mounted ────────────────────────────────────┤
 *                          ───── go ────────────────────────────────────────▶ pivots, gives up its privileges
 *     saves the state      ◀──── ready ──────────────────────────────────────┤
 *                          ───── go ────────────────────────────────────────▶ looks for its program
 *     returns              ◀──── waiting ────────────────────────────────────┤ waits on exec.fifo
 *
 * In place of "forked", "again" says that the fork must be tried once more, in new namespaces: packages/linux/fork.ts has the reason.
 * In place of any message from the right an error may come, which ends the dialogue. Whoever is killed closes the socket by that: the
 * other reads its end, and ends too.
 */
import { closeSync, readSync, writeSync } from "node:fs";
import { recvFds, sendFds, socketpair } from "@eras/linux/fd-passing.ts";

/** From the forked processes to runc. */
export type Message =
  | { readonly kind: "admit" }
  | { readonly kind: "mapIds" }
  | { readonly kind: "forked"; readonly pid: number }
  | { readonly kind: "again" }
  | { readonly kind: "source"; readonly index: number }
  | { readonly kind: "mounted" }
  | { readonly kind: "ready"; readonly listenerFd?: number }
  | { readonly kind: "waiting" }
  | {
      readonly kind: "failed";
      readonly error: string;
      readonly late: boolean;
      /** Of a call that has failed: `EAGAIN`. */
      readonly code: string | undefined;
    };

const GO = "go";
const ENDED = "runc has ended";
const STILL_ALIVE = "container init exited prematurely";

/** A line in one direction. */
function send(fd: number, message: unknown): void {
  const bytes = Buffer.from(`${JSON.stringify(message)}\n`);
  for (let sent = 0; sent < bytes.length; ) sent += writeSync(fd, bytes, sent);
}

/** @returns undefined when the other side has closed the socket. */
function receive(fd: number): unknown {
  const chunks: Buffer[] = [];
  for (;;) {
    const chunk = Buffer.alloc(16_384);
    const length = readSync(fd, chunk);
    if (length === 0) return undefined;
    chunks.push(chunk.subarray(0, length));
    // The two sides take turns, so a newline can only be the end of the message.
    if (chunk[length - 1] === 0x0a) return JSON.parse(Buffer.concat(chunks).toString());
  }
}

/** The two ends of a dialogue. Both are there before the fork; each side closes the other's. */
export interface Dialogue {
  readonly parent: ParentEnd;
  readonly child: ChildEnd;
}

/** Opens a dialogue. */
export function openDialogue(): Dialogue {
  const [parentFd, childFd] = socketpair();
  return { parent: new ParentEnd(parentFd), child: new ChildEnd(childFd) };
}

/** A failure that a forked process reports. */
export class InitFailure extends Error {
  /** Whether the container was set up by then, and only its program could not be found. */
  readonly late: boolean;
  /** Of the call that has failed, if it was one: `EAGAIN`. */
  readonly code: string | undefined;

  constructor({
    error,
    late,
    code,
  }: { readonly error: string; readonly late: boolean; readonly code?: string | undefined }) {
    super(error);
    this.late = late;
    this.code = code;
  }
}

/** runc's end. */
export class ParentEnd {
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Waits for a message. @throws {InitFailure} When the other side reports a failure, or ends without a word. */
  next(): Exclude<Message, { kind: "failed" }> {
    const message = this.#receive();
    if (message === undefined) throw new InitFailure({ error: STILL_ALIVE, late: false });
    if (message.kind === "failed") throw new InitFailure(message);
    return message;
  }

  /** Waits for the message of one kind, which must be next. */
  expect<Kind extends Message["kind"]>(kind: Kind): Extract<Message, { kind: Kind }> {
    const message = this.next();
    if (message.kind !== kind) throw new Error(`Cannot go on: "${kind}" expected from the init, not "${message.kind}"`);
    return message as Extract<Message, { kind: Kind }>;
  }

  /** Waits until the other side has closed the socket, by becoming a program. @throws {InitFailure} When it reports a failure instead. */
  expectEnd(): void {
    const message = this.#receive();
    if (message?.kind === "failed") throw new InitFailure(message);
  }

  /** Lets the other side go on. */
  go(): void {
    send(this.#fd, GO);
  }

  /** Answers `askForFd`. */
  sendFd(fd: number): void {
    sendFds(this.#fd, [fd], Buffer.from(GO));
  }

  /** Answers `askForFd`: there is none. */
  refuse(reason: string): void {
    writeSync(this.#fd, reason);
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** A killed init resets the connection if it has left something unread. */
  #receive(): Message | undefined {
    try {
      return receive(this.#fd) as Message | undefined;
    } catch {
      return undefined;
    }
  }
}

/** The forked processes' end. */
export class ChildEnd {
  readonly fd: number;

  constructor(fd: number) {
    this.fd = fd;
  }

  tell(message: Message): void {
    send(this.fd, message);
  }

  /** Tells, and waits until we may go on. @throws {Error} When runc is gone. */
  ask(message: Message): void {
    this.tell(message);
    this.awaitGo();
  }

  /** Tells, and waits for a descriptor. @throws {Error} When it is refused: the reason. */
  askForFd(message: Message): number {
    this.tell(message);
    const { data, fds } = recvFds(this.fd, 1);
    if (fds[0] === undefined) throw new Error(data.toString() || ENDED);
    return fds[0];
  }

  awaitGo(): void {
    if (receive(this.fd) !== GO) throw new Error(ENDED);
  }

  close(): void {
    closeSync(this.fd);
  }
}
