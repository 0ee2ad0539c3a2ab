/** Whether rows of the ledger are proven, by the run of the suite that has just ended. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { LedgerRow } from "../book/ledger.ts";
import { type Proof, proofText } from "../book/proof.ts";
import { CLONE } from "../paths.ts";
import type { LedgerBook } from "./ledger-book.ts";
import { type SuiteRun, statesOf } from "./suite-run.ts";

type TestProof = Extract<Proof, { kind: "test" }>;
type TranscriptProof = Extract<Proof, { kind: "transcript" }>;

/** What holds an era's steps to a run that was traced. */
export const STEP_TESTS: Readonly<Record<string, readonly TestProof[]>> = {
  2013: [
    test("test/e2e/trace.test.ts", "a traced run > tells the article's six steps in their order"),
    test("test/e2e/steps-2013.test.ts", "the steps of 2013"),
  ],
  2019: [
    test("test/e2e/containerd-trace.test.ts", "a traced run of ctr > tells of a pull and a run what the articles tell"),
    test("test/e2e/runc-trace.test.ts", "a run that uses everything > tells every declared step of runc"),
    test("test/e2e/docker-2019-trace.test.ts", "a traced run of docker > tells the fourteen steps of article 001"),
  ],
};

function test(file: string, name: string): TestProof {
  return { kind: "test", file, name };
}

export function proofProblems(
  row: LedgerRow,
  book: LedgerBook,
  run: SuiteRun | undefined,
  transcripts: ReadonlySet<string> | undefined,
): string[] {
  const problems = row.proofs.flatMap((proof) => {
    if (proof.kind === "test") return testProblems(proof, run);
    if (proof.kind === "steps") return stepProofProblems(row, book, run);
    return proof.kind === "transcript" ? transcriptProblems(proof, row, book, transcripts) : [];
  });
  return [...enoughProblems(row), ...problems].map((problem) => `proof: ${problem}`);
}

/** Proofs by tests that nobody could judge, for want of a run of the whole suite. */
export function unjudgedProofs(rows: readonly LedgerRow[], run: SuiteRun | undefined): string[] {
  if (run?.isWhole) return [];
  const unjudged = rows.filter(({ proofs }) => proofs.some(({ kind }) => kind === "test" || kind === "steps"));
  const why = run ? "the last run was one of a part of the suite" : "the suite has not run";
  return [`ledger.yaml: whether the proofs of ${unjudged.length} rows have run can't be said: ${why}; run pnpm test`];
}

/** `works` and `partly` say that something runs; `told`, that the article or its source is all there is. */
function enoughProblems({ status, proofs }: LedgerRow): string[] {
  const runs = proofs.some(({ kind }) => kind !== "quote");
  if ((status === "works" || status === "partly") && !runs)
    return [`names nothing that runs, for status ${status}: name a test, or say planned or told`];
  return status !== "planned" && proofs.length === 0 ? [`names none, for status ${status}: at least quote`] : [];
}

function testProblems({ file, name }: TestProof, run: SuiteRun | undefined): string[] {
  if (!existsSync(join(CLONE, file))) return [`there is no ${file}: was it moved?`];
  if (!run?.isWhole) return [];
  const states = statesOf(run, file, name);
  const text = proofText(test(file, name));
  if (states.length === 0) return [`no test of the run is called so: was it renamed? ${text}`];
  if (states.includes("failed")) return [`failed: ${text}`];
  return states.includes("passed") ? [] : [`did not run, all of it was skipped: ${text}`];
}

function stepProofProblems({ id }: LedgerRow, { steps }: LedgerBook, run: SuiteRun | undefined): string[] {
  const eras = new Set(steps.filter(({ rows }) => rows.includes(id)).map(({ era }) => era));
  if (eras.size === 0) return ["no step of a steps.ts names this row: add it to its rows, or name a test"];
  return [...eras].flatMap((era) => STEP_TESTS[era]!.flatMap((proof) => testProblems(proof, run)));
}

/** A row can't work on account of a chapter that is not there yet. */
function transcriptProblems(
  { chapter, block }: TranscriptProof,
  { status }: LedgerRow,
  { chapters }: LedgerBook,
  transcripts: ReadonlySet<string> | undefined,
): string[] {
  const written = chapters.find(({ id }) => id === chapter);
  if (!written) return status === "works" ? [`chapters/${chapter}.md is not written: the row can't work yet`] : [];
  if (!written.commands.some(({ id }) => id === block)) return [`chapters/${chapter}.md has no block id=${block}`];
  const ran = transcripts?.has(`${chapter}/${block}`) ?? true;
  return ran ? [] : [`chapters/${chapter}.md: block ${block} did not run, or printed something else`];
}
