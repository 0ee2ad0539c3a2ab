/** The book tells the truth: `pnpm docs:check`. */
import { STEPS as STEPS_2013 } from "@eras/docker-2013/steps.ts";
import { STEPS as STEPS_2019 } from "@eras/docker-2019/steps.ts";
import type { TraceEvent } from "@eras/trace/event.ts";
import { beforeAll, describe, expect, test } from "vitest";
import { type Chapter, type Era, eraOf, readChapters } from "../book/chapter.ts";
import { recordRun } from "../quiz/record-run.ts";
import { RunFacts } from "../quiz/run-facts.ts";
import { keepPrinted, keepRuns } from "../transcripts/recording.ts";
import { runChapter } from "../transcripts/run-chapter.ts";
import { checkGlossary } from "./glossary.ts";
import { checkLanguages } from "./languages.ts";
import { checkLedger } from "./ledger.ts";
import { readLedgerBook } from "./ledger-book.ts";
import { checkQuizzes } from "./quizzes.ts";
import { checkSnippets } from "./snippets.ts";
import { checkStepNames, checkSteps, checkTold } from "./steps.ts";
import { checkViewers } from "./viewers.ts";

const CHAPTER_MS = 180_000;
const english = readChapters("en");
const chinese = readChapters("zh");
const runs = new Map<string, TraceEvent[]>();

beforeAll(async () => {
  for (const run of new Set(english.flatMap(({ meta }) => meta.run ?? []))) runs.set(run, await recordRun(run));
  keepRuns(runs);
}, CHAPTER_MS);

const isOf = (era: Era) => (chapter: Chapter) => eraOf(chapter) === era;
const stepsTaken = (events: readonly TraceEvent[]) => [...new Set(events.flatMap(({ step }) => step ?? []))];

describe.each(english)("chapter $id", (chapter) => {
  test.skipIf(!chapter.meta.run)("asks what its run can answer", () => {
    expect(checkQuizzes(chapter, new RunFacts(runs.get(chapter.meta.run!)!))).toEqual([]);
  });

  test.skipIf(chapter.commands.length === 0)("shows what its commands print", { timeout: CHAPTER_MS }, async () => {
    const transcript = await runChapter(chapter);
    for (const [name, events] of transcript.traces) runs.set(`${chapter.id} ${name}`, events);
    expect(transcript.problems).toEqual([]);
    keepPrinted(transcript);
    keepRuns(runs);
  });
});

describe("the book", () => {
  test("quotes code that is there", () => {
    expect(checkSnippets([...english, ...chinese])).toEqual([]);
  });

  test("shows its runs", () => {
    expect(checkViewers([...english, ...chinese])).toEqual([]);
  });

  test("keeps what the articles claim, and uses its terms", () => {
    expect(checkLedger(readLedgerBook(), undefined)).toEqual([]);
    expect(checkGlossary([...english, ...chinese])).toEqual([]);
  });

  test("has two halves that belong together", () => {
    expect(checkLanguages(english, chinese)).toEqual([]);
  });

  test("tells every step of 2013 once, and runs take them in their order", () => {
    const taken = new Map(
      [...runs].filter(([run]) => /^(2013|13-)/.test(run)).map(([run, events]) => [run, stepsTaken(events)]),
    );
    expect(checkSteps(STEPS_2013, english.filter(isOf("2013")), taken)).toEqual([]);
  });

  test("tells every step of 2019 once, and names none that nobody declares", () => {
    expect(checkTold(STEPS_2019, english.filter(isOf("2019")))).toEqual([]);
    for (const [era, steps] of [
      ["2013", STEPS_2013],
      ["2019", STEPS_2019],
    ] as const)
      expect(checkStepNames(steps, [...english, ...chinese].filter(isOf(era)))).toEqual([]);
  });
});
