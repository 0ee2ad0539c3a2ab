/**
 * Events: what has happened, told to whoever listens at that moment. There is no history.
 *
 *     services ──publish──▶ ┌──────────┐ ──▶ subscriber: `ctr events`
 *     shims ────forward──▶  │ exchange │ ──▶ subscriber: dockerd, with the filter `namespace==moby,topic~=|^/tasks/|`
 *                           └──────────┘
 *
 * @see https://github.com/containerd/containerd/blob/v1.2.6/events/exchange/exchange.go
 */

import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Any } from "../../proto/gen/google/protobuf/any_pb.ts";
import { type UnixNano, unixNano } from "../../proto/timestamps.ts";
import { step } from "../../step.ts";
import { quote, validateIdentifier } from "../identifiers.ts";

/** An event with its circumstances. */
export interface Envelope {
  readonly timestamp: UnixNano;
  readonly namespace: string;
  /** `/tasks/exit`: of what kind, and what about it. */
  readonly topic: string;
  readonly event: Any;
}

/** Which events somebody wants. */
export type EventFilter = (envelope: Envelope) => boolean;

type Listener = (envelope: Envelope) => void;

/** Who is this many events behind has stopped listening. */
const BACKLOG_MAX = 100_000;

export class Exchange {
  readonly #listeners = new Set<Listener>();

  /** Tells of something that has just happened. @throws {InvalidArgument} For a malformed topic or namespace. */
  publish(namespace: string, topic: string, event: Any): void {
    this.forward({ timestamp: unixNano(), namespace, topic, event });
  }

  /** Passes on what a shim tells. @throws {InvalidArgument} As `publish`. */
  forward(envelope: Envelope): void {
    step("containerd.tell-event", { namespace: envelope.namespace, topic: envelope.topic });
    validateIdentifier(envelope.namespace);
    validateTopic(envelope.topic);
    for (const listener of this.#listeners) listener(envelope);
  }

  /** Calls `listener` with every event from now on. @returns Stops that. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * The events from now on, until the signal is aborted.
   *
   * @throws {Error} When the reader is too slow: better no events than some.
   */
  async *subscribe(filter: EventFilter, signal: AbortSignal): AsyncGenerator<Envelope> {
    const waiting: Envelope[] = [];
    let wake: () => void = () => {};
    const stop = this.listen((envelope) => {
      if (filter(envelope) && waiting.length <= BACKLOG_MAX) waiting.push(envelope);
      wake();
    });
    signal.addEventListener("abort", () => wake(), { once: true });
    try {
      while (!signal.aborted) {
        if (waiting.length > BACKLOG_MAX) throw new Error(`the reader of events is ${BACKLOG_MAX} events behind`);
        yield* waiting.splice(0);
        if (waiting.length === 0 && !signal.aborted) await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      stop();
    }
  }
}

/** `/tasks/exit`: identifiers, each behind a slash. */
function validateTopic(topic: string): void {
  const fail = (reason: string) => new InvalidArgument(`envelope topic ${quote(topic)}: ${reason}`);
  if (topic === "") throw fail("must not be empty");
  if (!topic.startsWith("/")) throw fail("must start with '/'");
  const [, ...components] = topic.split("/");
  for (const component of components) {
    try {
      validateIdentifier(component);
    } catch (cause) {
      const reason = `failed validation on component ${quote(component)}: ${(cause as Error).message}`;
      throw new InvalidArgument(`envelope topic ${quote(topic)}: ${reason}`, { cause });
    }
  }
}
