/** A run that has just ended, as a page: `--trace=run.html`. */
import { viewerPage } from "./page.ts";
import { type RunToRecord, recordRun } from "./record.ts";

/** @returns HTML, in the language of the caller's shell. @throws {Error} When the ledger can't be read. */
export function recordedPage(run: RunToRecord): string {
  const { LC_ALL, LANG = "" } = process.env;
  return viewerPage([recordRun(run)], { language: (LC_ALL ?? LANG).startsWith("zh") ? "zh" : "en" });
}
