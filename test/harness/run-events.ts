/** What the programs of a traced run have told. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { TraceEvent } from "@eras/trace/event.ts";
import type { Step } from "@eras/trace/step.ts";
import { parseSpool } from "@eras/trace/timeline.ts";

/** The events of a run whose every span has ended. */
export async function finished(spool: string): Promise<TraceEvent[]> {
  for (;;) {
    const events = parseSpool(readFileSync(spool, "utf8"));
    const count = (kind: string) => events.filter((event) => event.kind === kind).length;
    if (count("begin") > 1 && count("begin") === count("end")) return events;
    await new Promise((resolve) => setTimeout(resolve, 10)); // bounded by the test's time limit
  }
}

/** The first event of each step, in the order of the run. */
export function firstOfEach<StepId extends string>(events: readonly TraceEvent[]): (TraceEvent & { step: StepId })[] {
  const isFirst = ({ step }: TraceEvent, i: number) => step && i === events.findIndex((other) => other.step === step);
  return events.filter(isFirst) as (TraceEvent & { step: StepId })[];
}

/** A line of source that an event names. */
export function lineOf({ file, line }: TraceEvent): string {
  return readFileSync(join(import.meta.dirname, "../..", file!), "utf8").split("\n")[line! - 1]!;
}

/** The numbers that an article gives to steps, in the order in which they were told. */
export function numbersOf(steps: readonly Step[], article: string): number[] {
  return steps.filter((step) => step.article === article).flatMap(({ number }) => number ?? []);
}

/** Whose work an actor's is a part of, up to the first. */
export function causesOf(events: readonly TraceEvent[], actor: string): string[] {
  const actors: string[] = [];
  for (let event = events.find((one) => one.actor === actor); event; ) {
    if (event.actor !== actors.at(-1)) actors.push(event.actor);
    const { parent } = event;
    event = events.find(({ span }) => span === parent);
  }
  return actors;
}
