/** The book tells the truth: `pnpm docs:check`. */
import { STEPS as STEPS_2013 } from "@eras/docker-2013/steps.ts";
import { STEPS as STEPS_2019 } from "@eras/docker-2019/steps.ts";
import type { TraceEvent } from "@eras/trace/event.ts";
import { beforeAll, describe, expect, test } from "vitest";
import { isPossibleHere, WITHOUT_PLACE } from "../../test/harness/steps-2019.ts";
import { type Chapter, type Era, eraOf, readChapters } from "../book/chapter.ts";
import { type RecordedRun, recordRun, triesOf } from "../quiz/record-run.ts";
import { RunFacts } from "../quiz/run-facts.ts";
import { keepPrinted, keepRuns, keepTried } from "../transcripts/recording.ts";
import { runChapter } from "../transcripts/run-chapter.ts";
import { checkCommands } from "./commands.ts";
import { checkGlossary } from "./glossary.ts";
import { checkLanguages } from "./languages.ts";
import { checkLedger } from "./ledger.ts";
import { readLedgerBook } from "./ledger-book.ts";
import { checkQuizzes } from "./quizzes.ts";
import { checkSnippets } from "./snippets.ts";
import { checkStepNames, checkSteps, type StepsTaken } from "./steps.ts";
import { checkViewers } from "./viewers.ts";

/** Another recording of the book on this machine, `pnpm run docs` perhaps, has its turn first. */
const RECORDING_MS = 600_000;
const english = readChapters("en");
const chinese = readChapters("zh");
const recorded = new Map<string, RecordedRun>();
/** Of those, and of the chapters' commands. */
const runs = new Map<string, TraceEvent[]>();

beforeAll(async () => {
  for (const run of new Set(english.flatMap(({ meta }) => meta.run ?? [])))
    recorded.set(run, await recordRun(run, triesOf(run, english)));
  for (const [run, { events }] of recorded) runs.set(run, events);
  keepRuns(runs);
  keepTried(new Map([...recorded].map(([run, { tried }]) => [run, tried])));
}, RECORDING_MS);

const isOf = (era: Era) => (chapter: Chapter) => eraOf(chapter) === era;

/** What the recorded runs of an era's chapters took of steps. */
function takenOf(era: Era): Map<string, StepsTaken> {
  const ofEra = { "2013": /^(2013|13-)/, "2019": /^(2019|20-2|19-)/ }[era];
  const stepsOf = (events: readonly TraceEvent[]) => [...new Set(events.flatMap(({ step }) => step ?? []))];
  return new Map([...runs].filter(([run]) => ofEra.test(run)).map(([run, events]) => [run, stepsOf(events)]));
}

describe.each(english)("chapter $id", (chapter) => {
  test.skipIf(!chapter.meta.run)("asks what its run can answer", () => {
    const { events, tried } = recorded.get(chapter.meta.run!)!;
    expect(checkQuizzes(chapter, new RunFacts(events, tried))).toEqual([]);
  });

  test.skipIf(chapter.commands.length === 0)("shows what its commands print", { timeout: RECORDING_MS }, async () => {
    const transcript = await runChapter(chapter);
    const traces = [...transcript.traces].map(([name, events]) => [`${chapter.id} ${name}`, events] as const);
    for (const [name, events] of traces) runs.set(name, events);
    expect(transcript.problems).toEqual([]);
    keepPrinted(transcript);
    keepRuns(new Map(traces));
  });
});

describe("the book", () => {
  test("quotes code that is there", () => {
    expect(checkSnippets([...english, ...chinese])).toEqual([]);
  });

  test("has commands for any shell, which write where they should", () => {
    expect(checkCommands([...english, ...chinese])).toEqual([]);
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
    expect(checkSteps(STEPS_2013, english.filter(isOf("2013")), takenOf("2013"))).toEqual([]);
  });

  test("tells every step of 2019 once, and runs take them in their order", () => {
    const impossible = Object.keys(STEPS_2019).filter((step) => !isPossibleHere(step));
    const apart = { withoutPlace: WITHOUT_PLACE, impossible, later: ["runc.exec"] }; // a second process in a container
    expect(checkSteps(STEPS_2019, english.filter(isOf("2019")), takenOf("2019"), apart)).toEqual([]);
  });

  test("names no step that nobody declares", () => {
    for (const [era, steps] of [
      ["2013", STEPS_2013],
      ["2019", STEPS_2019],
    ] as const)
      expect(checkStepNames(steps, [...english, ...chinese].filter(isOf(era)))).toEqual([]);
  });
});
