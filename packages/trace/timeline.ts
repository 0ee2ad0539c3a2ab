/**
 * A run as a person reads it: one line per event, in order of time, indented by who caused whom.
 *
 *      0.0 ms  docker                                        docker run -a busybox echo hi
 *      0.9 ms  docker        ▸ Connects to the daemon …      packages/docker-2013/docker/main.ts:40
 *      1.6 ms    dockerd     ← rcli ["run","-a",…]
 *     19.2 ms      init              mount("proc", "/proc", "proc") = 0
 */
import { isAbsolute } from "node:path";
import type { TraceEvent } from "./event.ts";
import { type EventParts, type Head, layOut, layOutHead } from "./lay-out.ts";
import { type DeclaredMessage, MessageFinder } from "./message.ts";
import type { Step } from "./step.ts";

/** Reads a spool file's text. A line that was cut off by a crash is left out. */
export function parseSpool(text: string): TraceEvent[] {
  const events: TraceEvent[] = [];
  for (const line of text.split("\n")) {
    try {
      if (line) events.push(JSON.parse(line));
    } catch {
      // Only the last line of a killed process can be incomplete.
    }
  }
  return events.sort(byTime);
}

/** By the common clock; events of one process keep their own order. */
export function byTime(a: TraceEvent, b: TraceEvent): number {
  return a.t_ns - b.t_ns || a.seq - b.seq;
}

/** What `traceKernelCall` put into an event, with the call's name. */
interface KernelCall {
  readonly call: string;
  readonly args: readonly unknown[];
  readonly result: number;
  readonly errno?: number;
}

/** What a timeline needs to know of its run. */
export interface TimelineOptions {
  /** The era's declared steps, for their titles. */
  steps: Readonly<Record<string, Step>>;
  /** Those of its messages that an article draws. */
  messages?: readonly DeclaredMessage[];
  language?: "en" | "zh";
  /** Writes a kernel call in the kernel's own words, with no string in it longer than that. */
  callText: (call: KernelCall, longest?: number) => string;
  /** Colour each actor, for a terminal. */
  colour?: boolean;
}

const COLOURS = [36, 33, 35, 32, 34, 31, 96];
const FAINT = 2;
const LONGEST_ON_SCREEN = 28;

const HEAD: Readonly<Record<"en" | "zh", Head>> = {
  en: {
    time: "ms",
    actor: "program",
    signs: [
      "┌ begins  ▸ step  → ← message  call(…) = answer  ◇ object",
      "│ one bar more: caused by whoever has one bar less",
    ],
  },
  zh: {
    time: "ms",
    actor: "程序",
    signs: [
      "┌ 开始  ▸ 步骤  → ← 消息  系统调用(…) = 结果  ◇ 内核对象",
      "│ 每多一道竖线，就多隔一层：由少一道竖线的那个程序引起",
    ],
  },
};

/** Turns events, given in order of time, into lines of text. */
export class Timeline {
  readonly #options: TimelineOptions;
  readonly #depth = new Map<string, number>();
  readonly #actors: string[] = [];
  readonly #sent = new Set<string>();
  readonly #pids = new Set<number>();
  readonly #messages: MessageFinder;
  readonly #hasOneList: boolean;
  #startNs: number | undefined;

  constructor(options: TimelineOptions) {
    this.#options = options;
    this.#messages = new MessageFinder(options.messages ?? []);
    const numbered = Object.values(options.steps).filter(({ number }) => number !== undefined);
    this.#hasOneList = new Set(numbered.map(({ article }) => article)).size <= 1;
  }

  /** One line, without its line feed. */
  line(event: TraceEvent): string {
    const { elapsedMs, actor, depth, text, detail, place } = this.#parts(event);
    const name = `${"  ".repeat(depth)}${actor}`.padEnd(16);
    const whole = `${event.kind === "kernel" ? "    " : ""}${text}${detail ? ` (${detail})` : ""}`;
    const where = this.#paint(place ? `  ${place}` : "", "faint", actor);
    return `${elapsedMs.toFixed(1).padStart(8)} ms  ${this.#paint(name, "actor", actor)} ${whole.padEnd(64)}${where}`.trimEnd();
  }

  /** What stands above the first of {@link screenLines}. */
  screenHead(columns: number): string[] {
    return layOutHead(HEAD[this.#options.language ?? "en"], columns, (text, colour) => this.#paint(text, colour, ""));
  }

  /** Lines of a terminal with so many columns; none for what other lines say already. */
  screenLines(event: TraceEvent, columns: number): string[] {
    const parts = this.#parts(event, LONGEST_ON_SCREEN);
    if (this.#isKnown(event)) return [];
    return layOut(parts, columns, (text, colour) => this.#paint(text, colour, event.actor));
  }

  /** A message is told by who sends it, if that one tells; a process when it is new, whatever it is asked to do later. */
  #isKnown({ kind, msg, pid }: TraceEvent): boolean {
    const isKnown =
      { begin: this.#pids.has(pid), recv: msg && this.#sent.has(msg.id), end: true }[kind as string] ?? false;
    if (kind === "begin") this.#pids.add(pid);
    if (kind === "send") this.#sent.add(msg!.id);
    return isKnown;
  }

  #parts(event: TraceEvent, longest?: number): EventParts {
    this.#startNs ??= event.t_ns;
    return {
      elapsedMs: (event.t_ns - this.#startNs) / 1e6,
      actor: event.actor,
      depth: this.#depthOf(event),
      ...this.#describe(event, longest),
      ...(event.file && { place: `${event.file}:${event.line}` }),
      isStep: event.kind === "point",
      isFaint: event.kind === "begin" || event.kind === "end",
    };
  }

  #depthOf(event: TraceEvent): number {
    const depth = this.#depth.get(event.span) ?? (event.parent ? (this.#depth.get(event.parent) ?? 0) + 1 : 0);
    this.#depth.set(event.span, depth);
    return depth;
  }

  #describe(event: TraceEvent, longest?: number): Pick<EventParts, "text" | "detail"> {
    switch (event.kind) {
      case "begin":
        return { text: `┌ ${event.name} (pid ${event.pid})${commandLine(event)}` };
      case "end":
        return { text: `└ ${event.name}` };
      case "send":
        return { text: `→ ${event.msg!.to} ${this.#message(event)}` };
      case "recv":
        return { text: `← ${event.msg!.from} ${this.#message(event)}` };
      case "kernel":
        return { text: this.#options.callText({ call: event.name, ...kernelArguments(event) }, longest) };
      case "object":
        return { text: `◇ ${event.object!.type} ${inShort(event.object!.id)}`, detail: details(event.args) };
      case "point":
        return this.#step(event);
    }
  }

  #message(event: TraceEvent): string {
    const { channel, summary, answers } = event.msg!;
    const drawn = this.#messages.find(event);
    const title = this.#options.language === "zh" ? drawn?.titleZh : drawn?.title;
    const name = drawn ? `${drawn.article}/${drawn.number} ${title}: ` : "";
    return `by ${channel}: ${name}${inShort(summary)}${answers && !drawn ? ` (${inShort(answers)})` : ""}`;
  }

  #step(event: TraceEvent): Pick<EventParts, "text" | "detail"> {
    const step = this.#options.steps[event.name];
    if (!step) return { text: `▸ ${event.name}` };
    const title = this.#options.language === "zh" ? step.titleZh : step.title;
    const number = step.number ? `${this.#numbered(step.article, step.number)} ` : "";
    return { text: `▸ ${number}${title}`, detail: details(event.args) };
  }

  /** `3.`; where several articles number the steps of an era, `000/3`. */
  #numbered(article: string, number: number): string {
    return this.#hasOneList ? `${number}.` : `${article}/${number}`;
  }

  #paint(text: string, colour: "actor" | "faint", actor: string): string {
    if (!this.#options.colour || text === "") return text;
    return `\x1b[${colour === "faint" ? FAINT : this.#colourOf(actor)}m${text}\x1b[0m`;
  }

  #colourOf(actor: string): number {
    if (!this.#actors.includes(actor)) this.#actors.push(actor);
    return COLOURS[this.#actors.indexOf(actor) % COLOURS.length]!;
  }
}

function commandLine(event: TraceEvent): string {
  const argv = event.args?.argv;
  return Array.isArray(argv) && argv.length > 0 ? `: ${shorten(argv.join(" "), 80)}` : "";
}

function details(args: Record<string, unknown> | undefined): string {
  return Object.entries(args ?? {})
    .map(([name, value]) => `${name} ${shorten(typeof value === "string" ? value : JSON.stringify(value), 60)}`)
    .join(", ");
}

function kernelArguments(event: TraceEvent): Omit<KernelCall, "call"> {
  return event.args as unknown as KernelCall; // kernel.ts has made it
}

/** `Tasks/Create`, of `containerd.services.tasks.v1.Tasks/Create`. */
function inShort(summary: string): string {
  return withShortIds(summary).replace(/^[a-z][\w.]*\.(\w+\/\w+)$/, "$1");
}

/** Paths keep their end, which tells more than their beginning. */
function shorten(long: string, length: number): string {
  const text = withShortIds(long);
  if (text.length <= length) return text;
  return isAbsolute(text.replace(/^"/, "")) ? `…${text.slice(1 - length)}` : `${text.slice(0, length - 1)}…`;
}

/** Ids and digests have 64 digits, of which nobody reads more than twelve. */
function withShortIds(text: string): string {
  return text.replace(/\b([0-9a-f]{12})[0-9a-f]{52}\b/g, "$1…");
}
