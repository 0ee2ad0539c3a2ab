/** The recorded runs of chapters, for what the site shows of them. */
import type { Era } from "../../book/chapter.ts";
import { RunFacts } from "../../quiz/run-facts.ts";
import { isCurrent, readRuns, readTried } from "../../transcripts/recording.ts";

let runs: ReadonlyMap<string, RunFacts> | undefined;

/** By the command. @throws {Error} When nothing was recorded yet. */
export function recordedRuns(): ReadonlyMap<string, RunFacts> {
  if (runs) return runs;
  const recorded = Object.entries(readRuns()).filter(([run]) => isCurrent(run));
  if (recorded.length === 0) throw new Error("No recorded runs: pnpm run docs makes them");
  const tried = readTried();
  runs = new Map(recorded.map(([run, events]) => [run, new RunFacts(events, tried[run] ?? {})]));
  return runs;
}

/** @throws {Error} When that one was not recorded. */
export function recordedRun(run: string): RunFacts {
  const recorded = recordedRuns().get(run);
  if (!recorded)
    throw new Error(`No recorded run ${JSON.stringify(run)}: pnpm run docs makes it, or chapters have another one now`);
  return recorded;
}

/** Where a step was taken, in whichever of the era's runs took it first: `packages/…:40`. */
export function placeOfStep(id: string, era: Era): { file: string; line: number } | undefined {
  for (const [run, { events }] of recordedRuns()) {
    if (!isOf(era, run)) continue;
    const event = events.find(({ step }) => step === id);
    if (event?.file !== undefined) return { file: event.file, line: event.line ?? 1 };
  }
  return undefined;
}

/** A chapter's run begins with its era, `2013 run …`; a trace of its commands with the chapter, `13-08 NAME`. */
function isOf(era: Era, run: string): boolean {
  return run.startsWith(`${era} `) || run.startsWith(`${era.slice(2)}-`);
}
