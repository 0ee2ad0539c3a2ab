/**
 * `pnpm trace compare A.html B.html -o C.html`: makes one page of two that `--trace=FILE.html` has made, with both runs side by side.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { readRuns } from "./page/read-runs.ts";
import { viewerPage } from "./page.ts";
import type { RecordedRun } from "./recorded-run.ts";

const USAGE = `pnpm trace compare A.html B.html -o C.html

A and B are pages that --trace=FILE.html has made, of one year or of two; C becomes a page with both.`;

function main([command, ...words]: readonly string[]): void {
  const at = words.indexOf("-o");
  const output = words[at + 1];
  const files = at < 0 ? words : words.toSpliced(at, 2);
  if (command !== "compare" || files.length !== 2 || at < 0 || output === undefined)
    throw new Error(`expected\n\n${USAGE}`);
  writeFileSync(output, viewerPage(files.map(readRun), { panes: ["compare"] }));
}

/** The first run of a page. */
function readRun(file: string): RecordedRun {
  try {
    return readRuns(readFileSync(file, "utf8"))[0]!;
  } catch (error) {
    throw new Error(`Cannot read a run from ${file}: ${(error as Error).message}`, { cause: error });
  }
}

try {
  main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`trace: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
