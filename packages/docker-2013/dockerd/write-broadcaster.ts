/**
 * One output of a container, and everybody who listens to it: the log first, then each attached client.
 *
 *     pipe or terminal ──▶ WriteBroadcaster ──▶ log buffer
 *                                           ├─▶ client
 *                                           └─▶ client
 *
 * A client that fails is forgotten. One that is slow slows the container down, instead of filling the daemon's memory as it did in 2013;
 * but not for long: a client that takes nothing for ten seconds is cut off, and the container goes on.
 */
import { once } from "node:events";
import type { Writable } from "node:stream";
import { LogBuffer } from "./log-buffer.ts";

const STALL_MS = 10_000;

/** How a client's listening ends: with the output, or with an error. */
type End = (error?: Error) => void;

export class WriteBroadcaster {
  readonly log = new LogBuffer();
  readonly #clients = new Map<Writable, End>();

  /** Resolves when every client has room again. */
  async write(chunk: Buffer): Promise<void> {
    this.log.write(chunk);
    const full = [...this.#clients.keys()].filter((client) => !client.write(chunk) && !client.destroyed);
    await Promise.all(full.map((client) => this.#drained(client)));
  }

  /** Sends `client` what is printed from now on. Resolves when the output ends or the client leaves; does not end the client. */
  sendTo(client: Writable): Promise<void> {
    return new Promise((resolve, reject) => {
      const evict = () => this.#clients.get(client)?.();
      client.once("close", evict);
      this.#clients.set(client, (error) => {
        this.#clients.delete(client);
        client.off("close", evict);
        if (error) reject(error);
        else resolve();
      });
    });
  }

  /** The output has ended. */
  close(): void {
    for (const end of this.#clients.values()) end();
  }

  async #drained(client: Writable): Promise<void> {
    const waiting = new AbortController();
    const stalled = setTimeout(() => waiting.abort(), STALL_MS);
    try {
      await Promise.race(["drain", "close"].map((event) => once(client, event, waiting)));
    } catch {
      this.#clients.get(client)?.(new Error("Cut off: the client stopped reading its output"));
    } finally {
      clearTimeout(stalled);
      waiting.abort(); // takes back the listener that was not called
    }
  }
}
