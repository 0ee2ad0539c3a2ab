/**
 * A run as a file for Perfetto (https://ui.perfetto.dev) or chrome://tracing.
 *
 * Each span is a thread of its process, so that slices within a thread always nest: the span itself, and in it the steps, each
 * lasting until the next one. Kernel calls are instants, and so are messages between processes, which are flow arrows from slice to slice too.
 *
 * @see https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU (Trace Event Format)
 */
import type { TraceEvent } from "./event.ts";
import { type DeclaredMessage, MessageFinder } from "./message.ts";
import type { Step } from "./step.ts";

type ChromeEvent = Record<string, unknown> & { ph: "M" | "X" | "i" | "s" | "f" };

interface SpanOfEvents {
  tid: number;
  pid: number;
  actor: string;
  name: string;
  events: TraceEvent[];
}

/** What an era declares of its runs. */
interface Declarations {
  readonly steps: Readonly<Record<string, Step>>;
  readonly messages?: readonly DeclaredMessage[];
}

/**
 * Converts the events of one run, in order of time.
 *
 * @returns The object to write as JSON: `{ traceEvents, displayTimeUnit }`, times in microseconds from the first event.
 */
export function toChromeTrace(events: readonly TraceEvent[], { steps, messages = [] }: Declarations) {
  const startNs = events[0]?.t_ns ?? 0;
  const microseconds = (ns: number) => (ns - startNs) / 1000;
  const finder = new MessageFinder(messages);
  const drawn = new Map(events.map((event) => [event, finder.find(event)]));
  const spans = [...groupBySpan(events).values()];
  const traceEvents = spans.flatMap((span) => [
    ...names(span),
    ...slices(span, steps, microseconds),
    ...span.events.flatMap((event) => marks(event, drawn.get(event), span.tid, microseconds)),
  ]);
  return { traceEvents, displayTimeUnit: "ms" as const };
}

function groupBySpan(events: readonly TraceEvent[]): Map<string, SpanOfEvents> {
  const spans = new Map<string, SpanOfEvents>();
  for (const event of events) {
    const span = spans.get(event.span);
    if (span) span.events.push(event);
    else {
      const { pid, actor, name } = event;
      spans.set(event.span, {
        tid: spans.size + 1,
        pid,
        actor,
        name: event.kind === "begin" ? name : actor,
        events: [event],
      });
    }
  }
  return spans;
}

function names({ pid, tid, actor, name }: SpanOfEvents): ChromeEvent[] {
  return [
    { ph: "M", name: "process_name", pid, tid, args: { name: actor } },
    { ph: "M", name: "thread_name", pid, tid, args: { name } },
  ];
}

function slices(
  span: SpanOfEvents,
  steps: Readonly<Record<string, Step>>,
  microseconds: (ns: number) => number,
): ChromeEvent[] {
  const { pid, tid } = span;
  const first = span.events[0]!;
  const endNs = span.events.at(-1)!.t_ns;
  const slice = (name: string, fromNs: number, toNs: number, args: unknown): ChromeEvent => ({
    ph: "X", name, cat: span.actor, pid, tid, ts: microseconds(fromNs), dur: (toNs - fromNs) / 1000, args,
  }); // biome-ignore format: one line of fields
  const points = span.events.filter((event) => event.kind === "point");
  return [
    slice(span.name, first.t_ns, endNs, first.args),
    ...points.map((event, i) => {
      const step = steps[event.name];
      const args = {
        ...event.args,
        source: `${event.file}:${event.line}`,
        ...(step && { zh: step.titleZh, article: step.heading }),
      };
      return slice(step?.title ?? event.name, event.t_ns, points[i + 1]?.t_ns ?? endNs, args);
    }),
  ];
}

function marks(
  event: TraceEvent,
  drawn: DeclaredMessage | undefined,
  tid: number,
  microseconds: (ns: number) => number,
): ChromeEvent[] {
  const place = { name: event.name, pid: event.pid, tid, ts: microseconds(event.t_ns) };
  const args = { ...event.args, source: `${event.file}:${event.line}` };
  if (event.kind === "kernel" || event.kind === "object") return [{ ...place, ph: "i", s: "t", cat: "kernel", args }];
  if (event.kind !== "send" && event.kind !== "recv") return [];
  const { channel, id, summary } = event.msg!;
  const name = drawn ? `${drawn.article}/${drawn.number} ${drawn.title}: ${summary}` : summary;
  const flow = { ...place, cat: channel, id, name: channel };
  return [
    { ...place, ph: "i", s: "t", cat: channel, name, args: { ...args, ...(drawn && { zh: drawn.titleZh }) } },
    event.kind === "send" ? { ...flow, ph: "s" } : { ...flow, ph: "f", bp: "e" },
  ];
}
