/** Recorded runs out of a file: a page that a trace has made, or what is in one, as JSON. */
import type { RecordedRun } from "../recorded-run.ts";

const FORMAT = "docker-eras run 1";
const RUNS = /<script type="application\/json" id="runs">(.*?)<\/script>/s;

/** @throws {Error} When there is none in it. */
export function readRuns(text: string): RecordedRun[] {
  const json = RUNS.exec(text)?.[1] ?? text;
  const runs = parse(json);
  if (runs.length > 0 && runs.every(isRun)) return runs;
  throw new Error("expected a page that was made by --trace=FILE.html");
}

function parse(json: string): unknown[] {
  try {
    const value: unknown = JSON.parse(json);
    return Array.isArray((value as { runs?: unknown[] } | null)?.runs) ? (value as { runs: unknown[] }).runs : [value];
  } catch {
    return [];
  }
}

function isRun(value: unknown): value is RecordedRun {
  return (value as Partial<RecordedRun> | null)?.format === FORMAT;
}
