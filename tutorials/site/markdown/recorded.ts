/** The recorded runs of chapters, for what the site shows of them. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TraceEvent } from "@eras/trace/event.ts";
import type { Era } from "../../book/chapter.ts";
import { RECORDED } from "../../paths.ts";
import { RunFacts } from "../../quiz/run-facts.ts";

export const RUNS_FILE = join(RECORDED, "runs.json");

let runs: ReadonlyMap<string, RunFacts> | undefined;

/** By the command. @throws {Error} When nothing was recorded yet. */
export function recordedRuns(): ReadonlyMap<string, RunFacts> {
  if (runs) return runs;
  if (!existsSync(RUNS_FILE)) throw new Error("No recorded runs: pnpm docs:check makes them");
  const recorded = JSON.parse(readFileSync(RUNS_FILE, "utf8")) as Record<string, TraceEvent[]>;
  runs = new Map(Object.entries(recorded).map(([run, events]) => [run, new RunFacts(events)]));
  return runs;
}

/** Where a step was taken, in whichever of the era's runs took it first: `packages/…:40`. */
export function placeOfStep(id: string, era: Era): { file: string; line: number } | undefined {
  for (const [run, { events }] of recordedRuns()) {
    if (!run.startsWith(era)) continue;
    const event = events.find(({ step }) => step === id);
    if (event?.file !== undefined && event.line !== undefined) return { file: event.file, line: event.line };
  }
  return undefined;
}
