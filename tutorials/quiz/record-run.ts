/** Runs a chapter's command in a fresh world, traced, and makes the experiments that its questions need. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { TraceEvent } from "@eras/trace/event.ts";
import { parseSpool } from "@eras/trace/timeline.ts";
import type { Chapter } from "../book/chapter.ts";
import { type CommandOutcome, ShellSession } from "../transcripts/shell-session.ts";
import { ChapterWorld } from "../transcripts/world.ts";
import type { Tried } from "./run-facts.ts";

export interface RecordedRun {
  /** In order of time. */
  readonly events: TraceEvent[];
  readonly tried: Tried;
}

/**
 * @param run - As in a chapter's head: `2013 run -a busybox echo hello`.
 * @param tries - Lines for a shell.
 * @param onWait - As of {@link ChapterWorld.create}.
 * @throws {Error} When the run fails, or something is left of it or of an experiment.
 */
export async function recordRun(run: string, tries: readonly string[], onWait?: () => void): Promise<RecordedRun> {
  const [era, ...words] = run.split(" ") as ["2013" | "2019", ...string[]];
  const world = await ChapterWorld.create(onWait);
  let left: string[] = [];
  let recorded: RecordedRun;
  try {
    await world.prepare(era);
    const file = join(world.dir, "run.jsonl");
    await world.pnpm([`era:${era}`, `--trace=${file}`, ...words]);
    recorded = { events: parseSpool(readFileSync(file, "utf8")), tried: await tryAll(tries, world) };
  } finally {
    left = await world.remove();
  }
  if (left.length > 0) throw new Error(`Left by the run ${run} and its experiments: ${left.join(", ")}`);
  return recorded;
}

async function tryAll(tries: readonly string[], world: ChapterWorld): Promise<Tried> {
  const tried: Record<string, CommandOutcome> = {};
  const session = new ShellSession(world);
  try {
    for (const line of tries) tried[line] = await session.run(`(${line})`);
  } finally {
    session.end();
  }
  return tried;
}

/** The experiments for the questions of all chapters that have this run. */
export function triesOf(run: string, chapters: readonly Chapter[]): string[] {
  const ofRun = chapters.filter(({ meta }) => meta.run === run);
  const lines = ofRun.flatMap(({ predictions, quiz }) => [...predictions, ...quiz].flatMap((item) => item.try ?? []));
  return [...new Set(lines)];
}
