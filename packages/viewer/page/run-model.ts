/** What the panes ask of a run, found once. */
import type { RecordedRun, ShownEvent } from "../recorded-run.ts";

/** A program of the run, as it is drawn: hue, and a sign for who can't tell hues apart. */
export interface Actor {
  readonly name: string;
  readonly hue: number;
  readonly sign: string;
}

const HUES = [255, 60, 150, 320, 25, 200, 105, 290];
const SIGNS = ["●", "■", "▲", "◆", "★", "▼", "⬟", "✚"];

export class RunModel {
  readonly run: RecordedRun;
  readonly events: readonly ShownEvent[];
  readonly actors: ReadonlyMap<string, Actor>;
  /** Article → number there → indexes of the events that are it. */
  readonly lists: ReadonlyMap<string, ReadonlyMap<number, number>>;
  readonly #sent: ReadonlySet<string>;
  readonly #born: ReadonlySet<number>;

  constructor(run: RecordedRun) {
    this.run = run;
    this.events = run.events;
    const names = [...new Set(run.events.map(({ actor }) => actor))];
    this.actors = new Map(names.map((name, i) => [name, { name, hue: pick(HUES, i), sign: pick(SIGNS, i) }]));
    this.lists = numberedLists(run);
    this.#sent = new Set(run.events.flatMap(({ kind, msg }) => (kind === "send" && msg ? [msg.id] : [])));
    this.#born = new Set(run.events.flatMap(bornBy));
  }

  actor(name: string): Actor {
    return this.actors.get(name) ?? { name, hue: 0, sign: "○" };
  }

  /** `docker run -a busybox echo hello`. */
  get command(): string {
    const [first] = this.events;
    return [first?.actor ?? "", ...argvOf(first)].join(" ");
  }

  timeMs(index: number): number {
    return ((this.events[index]?.t_ns ?? 0) - (this.events[0]?.t_ns ?? 0)) / 1e6;
  }

  /** Whether an event is one to stop at: a step, a message by whoever tells of it first, a program's start. */
  isStop(index: number): boolean {
    const event = this.events[index];
    if (!event) return false;
    if (event.kind === "point" || event.kind === "send" || event.kind === "object") return true;
    if (event.kind === "recv") return !this.#sent.has(event.msg?.id ?? "");
    return event.kind === "begin" && this.startsProgram(index);
  }

  /** Whether this is a program's first word, and not a request to a daemon or a stretch of its work. */
  startsProgram(index: number): boolean {
    const event = this.events[index];
    if (event?.kind !== "begin") return false;
    return event.args?.argv !== undefined || (this.#born.has(event.pid) && this.#isFirstOf(index, event));
  }

  /** Whether a program says here that it ends; what a daemon's request or a stretch of work does, it doesn't. */
  endsProgram(index: number): boolean {
    const event = this.events[index];
    const begun = this.events.findIndex(({ kind, span }) => kind === "begin" && span === event?.span);
    const isLast = this.events.findLastIndex(({ pid }) => pid === event?.pid) === index;
    return event?.kind === "end" && isLast && this.startsProgram(begun);
  }

  #isFirstOf(index: number, { pid }: ShownEvent): boolean {
    return this.events.findIndex((event) => event.kind === "begin" && event.pid === pid) === index;
  }

  /** Of those that tell of the same message, its sender and its receiver, the one that tells most. */
  fullestOf(index: number): ShownEvent {
    const event = this.events[index]!;
    const same = this.events.filter(({ msg }) => msg?.id === event.msg?.id);
    return same.find(({ msg, args }) => msg?.payload ?? args?.body) ?? same.find(({ drawn }) => drawn) ?? event;
  }

  /** The last event up to `index` that `test` is true of. */
  lastUpTo(index: number, test: (event: ShownEvent) => boolean): number | undefined {
    const found = this.events.slice(0, index + 1).findLastIndex(test);
    return found < 0 ? undefined : found;
  }

  /** The event that `event` was caused by: the last one of the span around it, before it. */
  causeOf(index: number): ShownEvent | undefined {
    const { parent } = this.events[index] ?? {};
    const cause = this.lastUpTo(index - 1, ({ span }) => span === parent);
    return cause === undefined ? undefined : this.events[cause];
  }
}

export function argvOf(event: ShownEvent | undefined): string[] {
  const argv = event?.args?.argv;
  return Array.isArray(argv) ? argv.map(String) : [];
}

/** Whether a process says its last word right before it becomes another program. */
export function isBeforeProgram(events: readonly ShownEvent[], index: number): boolean {
  const before = events.slice(0, index).findLast(({ pid }) => pid === events[index]?.pid);
  return before?.name === "execve";
}

/** The process that a clone has made. */
function bornBy({ kind, name, args }: ShownEvent): number[] {
  return kind === "kernel" && name === "clone" && typeof args?.result === "number" ? [args.result] : [];
}

function numberedLists({ events, steps }: RecordedRun): Map<string, Map<number, number>> {
  const lists = new Map<string, Map<number, number>>();
  events.forEach((event, index) => {
    const told = event.drawn ?? (event.step === undefined ? undefined : steps[event.step]);
    if (told?.number === undefined) return;
    const list = lists.get(told.article) ?? new Map<number, number>();
    if (!list.has(told.number)) list.set(told.number, index);
    lists.set(told.article, list);
  });
  return lists;
}

function pick<T>(values: readonly T[], index: number): T {
  return values[index % values.length] as T;
}
