/** Runs a chapter's command in a fresh world, traced. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { TraceEvent } from "@eras/trace/event.ts";
import { parseSpool } from "@eras/trace/timeline.ts";
import { ChapterWorld } from "../transcripts/world.ts";

/** @param run - As in a chapter's head: `2013 run -a busybox echo hello`. @returns Its events, in order of time. */
export async function recordRun(run: string): Promise<TraceEvent[]> {
  const [era, ...words] = run.split(" ") as ["2013" | "2019", ...string[]];
  const world = await ChapterWorld.create();
  try {
    await world.prepare(era);
    const file = join(world.dir, "run.jsonl");
    await world.pnpm([`era:${era}`, `--trace=${file}`, ...words]);
    return parseSpool(readFileSync(file, "utf8"));
  } finally {
    await world.remove();
  }
}
