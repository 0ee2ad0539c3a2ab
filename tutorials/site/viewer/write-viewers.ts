/** Writes the pages of recorded runs into the built site: one for each chapter that has a run, and one of both eras. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type PageOptions, viewerPage } from "@eras/viewer/page.ts";
import type { RecordedRun } from "@eras/viewer/recorded-run.ts";
import { type Era, LANGUAGES, readChapters } from "../../book/chapter.ts";
import { SITE } from "../../paths.ts";
import { recordedRuns } from "../markdown/recorded.ts";
import { viewerLink } from "./viewer-link.ts";
import { viewerRun } from "./viewer-run.ts";

const ERAS: readonly Era[] = ["2013", "2019"];

export function writeViewers(): void {
  for (const { id, meta } of readChapters("en")) if (meta.run) writeViewer(id, [recorded(meta.run)]);
  writeViewer(
    ERAS,
    ERAS.map((era) => recorded(runOf(era))),
    { panes: ["compare"] },
  );
}

function writeViewer(of: string | readonly Era[], runs: readonly RecordedRun[], options: PageOptions = {}): void {
  for (const language of LANGUAGES) {
    const path = join(SITE, viewerLink(of, language));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, viewerPage(runs, { ...options, language }));
  }
}

/** The era's that most chapters speak of: of a container that says hello. */
function runOf(era: Era): string {
  const runs = readChapters("en")
    .flatMap(({ meta }) => meta.run ?? [])
    .filter((run) => run.startsWith(`${era} `));
  const byCount = Object.entries(Object.groupBy(runs, (run) => run)).toSorted(([, a], [, b]) => b!.length - a!.length);
  return byCount[0]![0];
}

function recorded(run: string): RecordedRun {
  return viewerRun(run, recordedRuns().get(run)!.events);
}
