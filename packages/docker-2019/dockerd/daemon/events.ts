/**
 * What happens, told to whoever asked: `docker events`. The last of it is kept, for who asks about the past.
 *
 * @see https://docs.docker.com/engine/api/v1.40/#operation/SystemEvents
 */

/** An event, as the API has it. */
export interface EventMessage {
  /** These three are of old, for containers and images. */
  readonly status?: string;
  readonly id?: string;
  readonly from?: string;
  readonly Type: "container" | "image" | "volume" | "network" | "daemon";
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
  readonly scope: "local";
  /** Seconds. */
  readonly time: number;
  readonly timeNano: number;
}

type Listener = (event: EventMessage) => void;

/** As the original keeps. */
const KEPT = 256;

export class Events {
  readonly #listeners = new Set<Listener>();
  #past: EventMessage[] = [];

  get listeners(): number {
    return this.#listeners.size;
  }

  /** Tells of something that has just happened. */
  publish(
    type: EventMessage["Type"],
    action: string,
    id: string,
    attributes: Readonly<Record<string, string>> = {},
  ): void {
    const ms = Date.now();
    const isOld = type === "container" || type === "image";
    const event: EventMessage = {
      ...(isOld && { status: action, id, ...(attributes.image && { from: attributes.image }) }),
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

  /** The kept ones, oldest first. */
  get past(): readonly EventMessage[] {
    return this.#past;
  }

  /** @returns Stops that. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
