/**
 * A process's outputs, and everybody who listens: the log, and each attached client.
 *
 *     FIFO ──▶ StreamConfig ──▶ log
 *                           ├─▶ client: frames, or raw with a terminal
 *                           └─▶ client
 *
 * A client that fails is forgotten. One that is slow holds the others up when it is 16 MiB behind; one that takes nothing at all for ten
 * seconds then is cut off, and the container goes on. One whose output is much work, such as millions of empty lines, has half of dockerd's time at
 * most; the other half is everybody else's.
 */
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import { step } from "../../step.ts";
import type { ProcessStreams } from "../libcontainerd/fifos.ts";

const MAX_LAG_BYTES = 16 << 20;
const STALL_MS = 10_000;
/** Of a piece of output; after a longer one the others have their turns. */
const LONG_TURN_MS = 5;

export type OutputName = "stdout" | "stderr";

/** Who hears what a process prints. */
export interface OutputListener {
  /** False when the listener is behind: it wants to be asked by `caughtUp` before more comes. */
  write(chunk: Buffer, stream: OutputName): boolean;
  caughtUp(): Promise<void>;
  end(): void;
}

export class StreamConfig {
  readonly #listeners = new Set<OutputListener>();
  #streams: ProcessStreams | undefined;
  #drained: Promise<unknown> = Promise.resolve();
  #connected = Promise.withResolvers<ProcessStreams>();
  #started = Promise.withResolvers<void>();

  /** Begins to hand on what a process prints. Those who listen already hear all of it. */
  connect(streams: ProcessStreams): void {
    step("dockerd.connect-streams", { ...streams.paths });
    this.#streams = streams;
    const { stdout, stderr } = streams;
    this.#drained = Promise.all([this.#copy(stdout, "stdout"), stderr && this.#copy(stderr, "stderr")]);
    this.#connected.resolve(streams);
  }

  /** The process runs: from now on its shim can be told things. */
  setStarted(): void {
    this.#started.resolve();
  }

  /** Where a process's input is written, when there is one: a client may attach before. Undefined if the process has none. */
  async stdin(): Promise<Writable | undefined> {
    return (await this.#connected.promise).stdin;
  }

  /** There will be no more input. @param tellShim - It holds the pipe open, too. */
  async closeStdin(tellShim: () => Promise<void>): Promise<void> {
    const stdin = await this.stdin();
    await this.#started.promise; // a pipe that nobody has open forgets what is in it
    await new Promise<void>((resolve) => void (stdin ? stdin.end(resolve) : resolve()));
    stdin?.destroy();
    await tellShim();
  }

  add(listener: OutputListener): void {
    this.#listeners.add(listener);
  }

  remove(listener: OutputListener): void {
    this.#listeners.delete(listener);
  }

  /** The process has ended: waits for its last output, but no longer than `graceMs`, tells everybody, and lets go of the streams. */
  async close(graceMs: number): Promise<void> {
    const timeOver = new Promise((resolve) => setTimeout(resolve, graceMs).unref());
    await Promise.race([this.#drained, timeOver]);
    for (const listener of this.#listeners) listener.end();
    this.#listeners.clear();
    this.#streams?.destroy();
    this.#streams = undefined;
    this.#connected = Promise.withResolvers<ProcessStreams>(); // it may be started again
    this.#started = Promise.withResolvers<void>();
  }

  async #copy(from: Readable, name: OutputName): Promise<void> {
    from.on("data", (chunk: Buffer) => {
      const startMs = performance.now();
      const behind = [...this.#listeners].filter((listener) => !listener.write(chunk, name));
      const tookMs = performance.now() - startMs;
      if (behind.length === 0 && tookMs < LONG_TURN_MS) return;
      from.pause();
      const waits = behind.map((listener) => listener.caughtUp());
      if (tookMs >= LONG_TURN_MS) waits.push(delay(tookMs));
      void Promise.all(waits).then(() => from.resume());
    });
    await finished(from, { writable: false }).catch(() => {}); // an end is an end
  }
}

/** What a client is sent for a piece of output, one after the other; nothing for what it does not want to hear. */
export type Framing = (chunk: Buffer, stream: OutputName) => readonly Buffer[];

/** A client that is sent what a process prints. */
export class ClientOutput implements OutputListener {
  readonly ended: Promise<void>;
  readonly #client: Writable;
  readonly #piecesOf: Framing;
  #end = () => {};

  constructor(client: Writable, piecesOf: Framing) {
    this.#client = client;
    this.#piecesOf = piecesOf;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    client.once("close", () => this.end()).on("error", () => this.end());
  }

  write(chunk: Buffer, stream: OutputName): boolean {
    if (this.#client.destroyed) return true;
    this.#client.cork();
    for (const piece of this.#piecesOf(chunk, stream)) this.#client.write(piece);
    this.#client.uncork(); // all of them by one system call: writev(2)
    return !this.#client.writableNeedDrain || this.#client.writableLength < MAX_LAG_BYTES;
  }

  async caughtUp(): Promise<void> {
    const waiting = new AbortController();
    let length = this.#client.writableLength;
    const watch = setInterval(() => {
      if (this.#client.writableLength === length) this.#client.destroy(); // it reads nothing any more
      length = this.#client.writableLength;
    }, STALL_MS);
    try {
      await Promise.race(["drain", "close"].map((event) => once(this.#client, event, waiting)));
    } catch {
      // "error" came first: it is closed
    } finally {
      clearInterval(watch);
      waiting.abort();
    }
  }

  end(): void {
    this.#end();
  }
}
