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
  /** Seconds since 1970. */
  readonly time: number;
  /** The same in nanoseconds: more than a number holds exactly, so who reads JSON exactly (oci-spec/exact-json.ts) gets a bigint. */
  readonly timeNano: number;
}
