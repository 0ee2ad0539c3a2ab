/** The page of a reader's own run: where an answer can be looked up, and what a wrong one leads to. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { TraceEvent } from "@eras/trace/event.ts";
import { viewerPage } from "@eras/viewer/page.ts";
import type { Language } from "../book/chapter.ts";
import type { QuizItem } from "../book/quiz-item.ts";
import { viewerRun } from "../site/viewer/viewer-run.ts";

const STEP = /run\.(?:step|count|isBefore)\(\s*["'](?<step>[\w.-]+)["']/;

/** @param run - As in a chapter's head. @returns Its address: `file:///tmp/docker-eras-quiz-…/13-02.html`. */
export function writeRunPage(chapter: string, run: string, events: readonly TraceEvent[], language: Language): URL {
  const path = join(mkdtempSync(join(tmpdir(), "docker-eras-quiz-")), `${chapter}.html`);
  writeFileSync(path, viewerPage([viewerRun(run, events)], { language }));
  return pathToFileURL(path);
}

/** A run's page at the step that an answer asks for; its beginning, where the answer asks for something else. */
export function placeOf({ answer = "" }: QuizItem, page: string): string {
  const step = STEP.exec(answer)?.groups?.step;
  return step === undefined ? page : `${page}#${step}`;
}
