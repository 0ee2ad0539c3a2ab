/**
 * A run as a person reads it: one line per event, in order of time, indented by who caused whom.
 *
 *      0.0 ms  docker                                        docker run -a busybox echo hi
 *      0.9 ms  docker        ▸ Connects to the daemon …      packages/docker-2013/docker/main.ts:40
 *      1.6 ms    dockerd     ← rcli ["run","-a",…]
 *     19.2 ms      init        · mount("proc", "/proc", "proc") = 0
 */
import { isAbsolute } from "node:path";
import type { TraceEvent } from "./event.ts";
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

/** What a timeline needs to know of its run. */
export interface TimelineOptions {
  /** The era's declared steps, for their titles. */
  steps: Readonly<Record<string, Step>>;
  language?: "en" | "zh";
  /** Writes a kernel call in the kernel's own words. */
  callText: (call: { call: string; args: readonly unknown[]; result: number; errno?: number }) => string;
  /** Colour each actor, for a terminal. */
  colour?: boolean;
}

const COLOURS = [36, 33, 35, 32, 34];

/** Turns events, given in order of time, into lines of text. */
export class Timeline {
  readonly #options: TimelineOptions;
  readonly #depth = new Map<string, number>();
  readonly #actors: string[] = [];
  readonly #hasOneList: boolean;
  #startNs: number | undefined;

  constructor(options: TimelineOptions) {
    this.#options = options;
    const numbered = Object.values(options.steps).filter(({ number }) => number !== undefined);
    this.#hasOneList = new Set(numbered.map(({ article }) => article)).size <= 1;
  }

  /** One line, without its line feed. */
  line(event: TraceEvent): string {
    this.#startNs ??= event.t_ns;
    const elapsed = ((event.t_ns - this.#startNs) / 1e6).toFixed(1).padStart(8);
    const actor = `${"  ".repeat(this.#depthOf(event))}${event.actor}`.padEnd(16);
    const text = this.#describe(event);
    const where = event.file ? `  ${event.file}:${event.line}` : "";
    return `${elapsed} ms  ${this.#coloured(event.actor, actor)} ${text.padEnd(64)}${this.#faint(where)}`.trimEnd();
  }

  #depthOf(event: TraceEvent): number {
    const depth = this.#depth.get(event.span) ?? (event.parent ? (this.#depth.get(event.parent) ?? 0) + 1 : 0);
    this.#depth.set(event.span, depth);
    return depth;
  }

  #describe(event: TraceEvent): string {
    switch (event.kind) {
      case "begin":
        return `┌ ${event.name} (pid ${event.pid})${commandLine(event)}`;
      case "end":
        return `└ ${event.name}`;
      case "send":
        return `→ ${event.msg?.to} by ${event.msg?.channel}: ${event.msg?.summary}`;
      case "recv":
        return `← ${event.msg?.from} by ${event.msg?.channel}: ${event.msg?.summary}`;
      case "kernel":
        return `    ${this.#options.callText({ call: event.name, ...kernelArguments(event) })}`;
      case "point":
        return this.#step(event);
    }
  }

  #step(event: TraceEvent): string {
    const step = this.#options.steps[event.name];
    if (!step) return `▸ ${event.name}`;
    const title = this.#options.language === "zh" ? step.titleZh : step.title;
    return `▸ ${step.number ? `${this.#numbered(step.article, step.number)} ` : ""}${title}${details(event.args)}`;
  }

  /** `3.`; where several articles number the steps of an era, `000/3`. */
  #numbered(article: string, number: number): string {
    return this.#hasOneList ? `${number}.` : `${article}/${number}`;
  }

  #coloured(actor: string, text: string): string {
    if (!this.#options.colour) return text;
    if (!this.#actors.includes(actor)) this.#actors.push(actor);
    return `\x1b[${COLOURS[this.#actors.indexOf(actor) % COLOURS.length]}m${text}\x1b[0m`;
  }

  #faint(text: string): string {
    return this.#options.colour ? `\x1b[2m${text}\x1b[0m` : text;
  }
}

function commandLine(event: TraceEvent): string {
  const argv = event.args?.argv;
  return Array.isArray(argv) && argv.length > 0 ? `: ${shorten(argv.join(" "), 80)}` : "";
}

function details(args: Record<string, unknown> | undefined): string {
  const entries = Object.entries(args ?? {});
  if (entries.length === 0) return "";
  return ` (${entries
    .map(([name, value]) => `${name} ${shorten(typeof value === "string" ? value : JSON.stringify(value), 60)}`)
    .join(", ")})`;
}

/** What `traceKernelCall` put into the event. */
function kernelArguments(event: TraceEvent): { args: unknown[]; result: number; errno?: number } {
  return event.args as { args: unknown[]; result: number; errno?: number };
}

/** Paths keep their end, which tells more than their beginning. */
function shorten(text: string, length: number): string {
  if (text.length <= length) return text;
  return isAbsolute(text.replace(/^"/, "")) ? `…${text.slice(1 - length)}` : `${text.slice(0, length - 1)}…`;
}
