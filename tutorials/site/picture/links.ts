/** Who turned to whom in a recorded run, in the order in which it first happened. */
import type { TraceEvent } from "@eras/trace/event.ts";

export interface Link {
  readonly from: string;
  readonly to: string;
  /** The protocol: `http`, `grpc`, `ttrpc`; `start` where one program starts the other and says nothing to it. */
  readonly how: string;
  /** How many requests, or starts. */
  readonly times: number;
}

/** What is asked of a registry the trace tells as steps: the registry is a stranger's program, which nobody traces. */
const ASKS_REGISTRY = new Set(["dockerd.fetch-manifest", "dockerd.fetch-layer"]);

/** @param events - In order of time. Of two that spoke in both directions, whoever began is `from`. */
export function linksOf(events: readonly TraceEvent[]): Link[] {
  const actors = new Map(events.map(({ span, actor }) => [span, programOf(actor)]));
  const spoken = new Set(events.flatMap(({ msg }) => (msg ? pair(msg.from, msg.to) : [])));
  const links = new Map<string, Link>();
  for (const event of events) {
    const turn = turnOf(event, actors);
    if (!turn || turn.from === turn.to || links.has(pair(turn.to, turn.from))) continue;
    const name = pair(turn.from, turn.to);
    if (turn.how === "start" && spoken.has(name)) continue;
    links.set(name, { ...turn, times: (links.get(name)?.times ?? 0) + 1 });
  }
  return [...links.values()];
}

function turnOf({ kind, msg, step, actor, parent }: TraceEvent, actors: ReadonlyMap<string, string>) {
  const program = programOf(actor);
  if (kind === "send" && msg && msg.answers === undefined) return { from: msg.from, to: msg.to, how: msg.channel };
  if (ASKS_REGISTRY.has(step ?? "")) return { from: program, to: "registry", how: "http" };
  const starter = kind === "begin" && parent !== undefined ? actors.get(parent) : undefined;
  return starter === undefined ? undefined : { from: starter, to: program, how: "start" };
}

/** What enters the namespaces is runc, too, under a name of its own. */
function programOf(actor: string): string {
  return actor === "bootstrap" ? "runc" : actor;
}

function pair(from: string, to: string): string {
  return `${from} ${to}`;
}
