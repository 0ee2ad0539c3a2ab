/**
 * Telling containerd what happens, in the order in which it happens. containerd may be away for a while: an event waits, and is tried
 * again.
 *
 * 2019's containerd 1.2 had no address for that: it wanted its own program called, `containerd publish`, for each event.
 */
import { packAny } from "../proto/any.ts";
import { TTRPC_NAMESPACE_KEY } from "../proto/call.ts";
import { Events } from "../proto/gen/events-ttrpc_pb.ts";
import type { Init, Schema } from "../proto/message.ts";
import { timestampOf } from "../proto/timestamps.ts";
import { connectTtrpc, socketPath, type TtrpcConnection, ttrpcClient } from "../proto/ttrpc/client.ts";
import { log } from "./log.ts";

const TIMEOUT_MS = 5_000;
const ATTEMPTS = 5;
const RETRY_MS = 1_000;

export class Publisher {
  readonly #namespace: string;
  readonly #address: string | undefined;
  #connection: TtrpcConnection | undefined;
  #sent: Promise<void> = Promise.resolve();

  /** @param address - TTRPC_ADDRESS of our environment; without one nobody is told. */
  constructor(namespace: string, address: string | undefined) {
    this.#namespace = namespace;
    this.#address = address;
  }

  /** Sends an event after those before it. Never fails: an event that can't be delivered after five attempts is dropped, and logged. */
  publish<T extends object>(topic: string, schema: Schema<T>, event: Init<T>): void {
    const envelope = {
      timestamp: timestampOf(new Date()),
      namespace: this.#namespace,
      topic,
      event: packAny(schema, event),
    };
    this.#sent = this.#sent.then(() => this.#deliver(envelope));
  }

  /** Resolves when all events are delivered or dropped. */
  flushed(): Promise<void> {
    return this.#sent;
  }

  async #deliver(envelope: { readonly topic: string }): Promise<void> {
    if (!this.#address) return;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      try {
        const { forward } = ttrpcClient(Events, await this.#connect(this.#address));
        await forward({ envelope }, { timeoutMs: TIMEOUT_MS, metadata: { [TTRPC_NAMESPACE_KEY]: this.#namespace } });
        return;
      } catch (error) {
        log(`Cannot publish ${envelope.topic} (attempt ${attempt}): ${(error as Error).message}`);
        this.#connection?.close();
        this.#connection = undefined;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS * attempt));
      }
    }
  }

  /** A connection that a restart of containerd has ended is no reason to wait with the next event. */
  async #connect(address: string): Promise<TtrpcConnection> {
    if (this.#connection) return this.#connection;
    const connection = await connectTtrpc(address.startsWith("unix:") ? socketPath(address) : address);
    this.#connection = connection;
    void connection.closed.then(() => {
      if (this.#connection === connection) this.#connection = undefined;
    });
    return connection;
  }
}
