/**
 * Runs what the site shows and nobody has recorded yet, in a fresh clone all of the book; and what was recorded of another source: its lines would
 * be wrong.
 */
import { readChapters } from "../book/chapter.ts";
import { recordRun, triesOf } from "../quiz/record-run.ts";
import {
  hasPrinted,
  isCurrent,
  keepPrinted,
  keepRuns,
  keepTried,
  readRuns,
  readTried,
} from "../transcripts/recording.ts";
import { runChapter } from "../transcripts/run-chapter.ts";

/** @param note - Told what is run. @throws {Error} When something has to be run, and can't be here. */
export async function recordMissing(note: (line: string) => void): Promise<void> {
  const chapters = readChapters("en");
  const traces = Object.keys(readRuns());
  const tried = readTried();
  const isRecorded = (run: string) => isCurrent(run) && triesOf(run, chapters).every((line) => tried[run]?.[line]);
  const unrecorded = [...new Set(chapters.flatMap(({ meta }) => meta.run ?? []))].filter((run) => !isRecorded(run));
  const isTraced = (id: string) => traces.filter((name) => name.startsWith(`${id} `)).every(isCurrent);
  const unprinted = chapters.filter((chapter) => !hasPrinted(chapter) || !isTraced(chapter.id));
  if (unrecorded.length + unprinted.length > 0) requireRoot();
  for (const run of unrecorded) {
    note(`pnpm era:${run}`);
    const recorded = await recordRun(run, triesOf(run, chapters));
    keepRuns(new Map([[run, recorded.events]]));
    keepTried(new Map([[run, recorded.tried]]));
  }
  for (const chapter of unprinted) {
    note(`chapter ${chapter.id}: ${chapter.meta.title}`);
    const transcript = await runChapter(chapter);
    for (const problem of transcript.problems) note(problem);
    keepRuns(new Map([...transcript.traces].map(([name, events]) => [`${chapter.id} ${name}`, events])));
    if (transcript.problems.length === 0) keepPrinted(transcript);
  }
}

function requireRoot(): void {
  if (process.platform !== "linux")
    throw new Error(
      "The site shows what the book's commands print, and they have not been run yet: that takes Linux. Build the site there, or copy node_modules/.cache/tutorials from a machine that has",
    );
  if (process.getuid!() !== 0)
    throw new Error(
      "The site shows what the book's commands print, and they have not been run yet: that takes root. Try: sudo pnpm run docs",
    );
}
