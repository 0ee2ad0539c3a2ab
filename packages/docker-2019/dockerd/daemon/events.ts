/**
 * What happens, told to whoever asked: `docker events`. The last of it is kept, for who asks about the past.
 *
 * @see https://docs.docker.com/engine/api/v1.40/#operation/SystemEvents
 */
import type { Event } from "../../engine-api/event.ts";

type Listener = (event: Event) => void;

/** As the original keeps. */
const KEPT = 256;

export class Events {
  readonly #listeners = new Set<Listener>();
  #past: Event[] = [];

  get listeners(): number {
    return this.#listeners.size;
  }

  /** Tells of something that has just happened. */
  publish(type: Event["Type"], action: string, id: string, attributes: Readonly<Record<string, string>> = {}): void {
    const ms = Date.now();
    const isOld = type === "container" || type === "image";
    const event: Event = {
      ...(isOld && { status: action, ...(id && { id }), ...(attributes.image && { from: attributes.image }) }),
      Type: type,
      Action: action,
      Actor: { ID: id, Attributes: attributes },
      scope: "local",
      time: Math.floor(ms / 1000),
      timeNano: ms * 1e6,
    };
    this.#past = [...this.#past, event].slice(-KEPT);
    for (const listener of this.#listeners) listener(event);
  }

  /** What nobody used was removed. @param bytes - That it took. */
  publishPrune(type: Event["Type"], bytes: number): void {
    this.publish(type, "prune", "", { reclaimed: String(bytes) });
  }

  /** The kept ones, oldest first. */
  get past(): readonly Event[] {
    return this.#past;
  }

  /** @returns Stops that. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
