/** What has happened in the daemon: GET /events, one object a line for as long as the client listens. */

export interface Actor {
  readonly ID: string;
  /** A container's name, image and labels, and what the action is about: `exitCode`, `signal`, … */
  readonly Attributes: Readonly<Record<string, string>>;
}

export interface Event {
  // Of containers and images only, for clients older than Type and Action.
  readonly status?: string;
  readonly id?: string;
  readonly from?: string;
  readonly Type: "container" | "image" | "network" | "volume" | "daemon" | "plugin" | "builder";
  /** `create`, `die`, `exec_create: sh -c …` */
  readonly Action: string;
  readonly Actor: Actor;
  readonly scope: "local" | "swarm";
  /** Seconds, and nanoseconds, since 1970. The latter is more than a number can hold exactly: see oci-spec/exact-json.ts. */
  readonly time: number;
  readonly timeNano: number | bigint;
}
