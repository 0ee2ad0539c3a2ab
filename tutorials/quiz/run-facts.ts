/** What is asked of a run: the same questions for every run, so that a quiz has its answers from the reader's own. */
import type { TraceEvent } from "@eras/trace/event.ts";
import type { CommandOutcome } from "../transcripts/shell-session.ts";

/** What the experiments after a run came to, by their command line. */
export type Tried = Readonly<Record<string, CommandOutcome>>;

/** A program of the run, once for each process. */
export interface Actor {
  readonly name: string;
  readonly pid: number;
  readonly ppid: number;
}

export class RunFacts {
  readonly events: readonly TraceEvent[];
  readonly #tried: Tried;

  /** @param events - In order of time. */
  constructor(events: readonly TraceEvent[], tried: Tried) {
    this.events = events;
    this.#tried = tried;
  }

  /** The first time that a step was taken. @throws {Error} When it was not. */
  step(id: string): TraceEvent {
    return found(
      this.events.find((event) => event.step === id),
      `step ${id}`,
    );
  }

  /** How often a step was taken. */
  count(id: string): number {
    return this.events.filter((event) => event.step === id).length;
  }

  /** Whether a step was taken before another. */
  isBefore(first: string, second: string): boolean {
    return this.events.indexOf(this.step(first)) < this.events.indexOf(this.step(second));
  }

  /** Kernel calls of that name, of one program or of all. */
  calls(name: string, actor?: string): TraceEvent[] {
    return this.events.filter(
      (event) => event.kind === "kernel" && event.name === name && (actor ?? event.actor) === event.actor,
    );
  }

  /** The programs, by the order in which each began its part. */
  get actors(): Actor[] {
    const begun = this.events.filter(({ kind }) => kind === "begin");
    const byName = new Map(begun.toReversed().map(({ actor, pid, ppid }) => [actor, { name: actor, pid, ppid }]));
    return [...byName.values()].reverse();
  }

  /** @throws {Error} When no such program had a part in the run. */
  actor(name: string): Actor {
    return found(
      this.actors.find((actor) => actor.name === name),
      `program ${name}`,
    );
  }

  /** What an experiment after the run came to. @throws {Error} When it was not made. */
  tried(command: string): CommandOutcome {
    return found(this.#tried[command], `experiment ${JSON.stringify(command)}`);
  }

  /** What was sent over a kind of channel. */
  messages(channel: string): TraceEvent[] {
    return this.events.filter(({ kind, msg }) => kind === "send" && msg?.channel === channel);
  }
}

function found<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw new Error(`The run has no ${what}`);
  return value;
}
