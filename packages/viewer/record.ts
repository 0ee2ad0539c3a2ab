/** Makes a recorded run of the events of a trace: adds the words, the source and the ledger's rows, as they are now. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { TraceEvent, TraceMessage } from "@eras/trace/event.ts";
import { MEANINGS } from "@eras/trace/meaning.ts";
import { type DeclaredMessage, MessageFinder } from "@eras/trace/message.ts";
import type { MessageField } from "@eras/trace/message-field.ts";
import type { TimelineOptions } from "@eras/trace/timeline.ts";
import { readClaims } from "./claims.ts";
import { type DrawnMessage, FORMAT, type RecordedRun, type ShownEvent } from "./recorded-run.ts";

const PROJECT_ROOT = resolve(import.meta.dirname, "../..");

/** A run, and the words of its era. */
export interface RunToRecord extends Pick<TimelineOptions, "steps" | "messages" | "callText"> {
  /** `2013`, `2019`. */
  readonly era: string;
  /** In order of time. */
  readonly events: readonly TraceEvent[];
  /** What the bytes of a message say, where an era has messages of bytes. */
  readonly fieldsOfMessage?: (message: TraceMessage) => readonly MessageField[] | undefined;
}

/** @throws {Error} When the ledger can't be read. */
export function recordRun(run: RunToRecord): RecordedRun {
  const { era, events, steps, messages = [] } = run;
  const finder = new MessageFinder(messages);
  const shown = events.map((event) => showEvent(event, finder, run));
  const rows = [...Object.values(steps), ...messages].flatMap((told) => told.rows);
  return {
    format: FORMAT,
    era,
    events: shown,
    steps,
    meanings: MEANINGS,
    sources: sourcesOf(events),
    claims: readClaims(new Set(rows)),
  };
}

function showEvent(event: TraceEvent, finder: MessageFinder, words: RunToRecord): ShownEvent {
  const { run: _, ...rest } = event;
  if (event.kind === "kernel") {
    const call = { call: event.name, ...event.args } as unknown as Parameters<RunToRecord["callText"]>[0]; // kernel.ts has made it
    return { ...rest, text: words.callText(call) };
  }
  const drawn = finder.find(event);
  const fields = event.msg && words.fieldsOfMessage?.(event.msg);
  return { ...rest, ...(drawn && { drawn: withoutPatterns(drawn) }), ...(fields && { fields }) };
}

function withoutPatterns({ title, titleZh, article, heading, rows, number }: DeclaredMessage): DrawnMessage {
  return { title, titleZh, article, heading, rows, number };
}

function sourcesOf(events: readonly TraceEvent[]): Record<string, string> {
  const files = new Set(events.flatMap(({ file }) => file ?? []));
  const present = [...files].toSorted().filter((file) => existsSync(join(PROJECT_ROOT, file)));
  return Object.fromEntries(present.map((file) => [file, readFileSync(join(PROJECT_ROOT, file), "utf8")]));
}
