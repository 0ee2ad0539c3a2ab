/**
 * One output of a container, and everybody who listens to it: the log first, then each attached client.
 *
 *     pipe or terminal ──▶ WriteBroadcaster ──▶ log buffer
 *                                           ├─▶ client
 *                                           └─▶ client
 *
 * A client that fails is forgotten. One that is slow may fall behind by 16 MiB; in 2013 it could fill the daemon's memory. Beyond that it
 * slows the container down, and when it takes nothing at all for ten seconds it is cut off, and the container goes on.
 */
import { once } from "node:events";
import type { Writable } from "node:stream";
import { LogBuffer } from "./log-buffer.ts";

const MAX_LAG_BYTES = 16 * 1024 * 1024;
const STALL_MS = 10_000;

/** How a client's listening ends: with the output, or with an error. */
type End = (error?: Error) => void;

export class WriteBroadcaster {
  readonly log = new LogBuffer();
  readonly #clients = new Map<Writable, End>();

  /** Resolves when no client is too far behind. */
  async write(chunk: Buffer): Promise<void> {
    this.log.write(chunk);
    const clients = [...this.#clients.keys()];
    for (const client of clients) client.write(chunk);
    const behind = clients.filter((client) => client.writableLength > MAX_LAG_BYTES && !client.destroyed);
    await Promise.all(behind.map((client) => this.#caughtUp(client)));
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

  async #caughtUp(client: Writable): Promise<void> {
    const waiting = new AbortController();
    let length = client.writableLength;
    const watch = setInterval(() => {
      if (client.writableLength === length) waiting.abort();
      length = client.writableLength;
    }, STALL_MS);
    try {
      await Promise.race(["drain", "close"].map((event) => once(client, event, waiting)));
    } catch {
      this.#clients.get(client)?.(new Error("Cut off: the client stopped reading its output"));
    } finally {
      clearInterval(watch);
      waiting.abort(); // takes back the listener that was not called
    }
  }
}
