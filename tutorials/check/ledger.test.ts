/** The ledger as it stands, and one link of it broken at a time: the check names it. */
import { describe, expect, test } from "vitest";
import type { LedgerRow } from "../book/ledger.ts";
import { readProof } from "../book/proof.ts";
import { checkLedger } from "./ledger.ts";
import { type LedgerBook, readLedgerBook } from "./ledger-book.ts";
import { STEP_TESTS, unjudgedProofs } from "./proofs.ts";
import type { SuiteRun, TestState } from "./suite-run.ts";

const BOOK = readLedgerBook();
/** Those of the chapters that there are. */
const BLOCKS = new Set(BOOK.chapters.flatMap(({ id, commands }) => commands.map((block) => `${id}/${block.id}`)));
/** One that is proven by a test and by steps. */
const ID = "001.20";
const INDEX_TEST = "packages/docker-2013/dockerd/images/index.test.ts";

/** A run in which every test that a row names has come to `state`; and nothing that no row names was run. */
function runOf(state: TestState): SuiteRun {
  const tests: Record<string, Record<string, TestState>> = {};
  const named = BOOK.rows.flatMap(({ proofs }) => proofs.filter((proof) => proof.kind === "test"));
  for (const proof of [...named, ...Object.values(STEP_TESTS).flat()])
    if (proof.kind === "test") tests[proof.file] = { ...tests[proof.file], [proof.name.replaceAll("*", "…")]: state };
  return { isWhole: true, tests };
}

const WHOLE = runOf("passed");

function withRow(change: Partial<LedgerRow>): LedgerBook {
  return { ...BOOK, rows: BOOK.rows.map((row) => (row.id === ID ? { ...row, ...change } : row)) };
}

function withTests(states: Record<string, TestState>): SuiteRun {
  return { isWhole: true, tests: { ...WHOLE.tests, [INDEX_TEST]: states } };
}

describe("checkLedger()", () => {
  test("is content with the ledger", () => {
    expect(checkLedger(BOOK, undefined)).toEqual([]);
    expect(checkLedger(BOOK, WHOLE)).toEqual([]);
  });

  test("names a row that is gone", () => {
    const rows = BOOK.rows.filter(({ id }) => id !== ID);
    expect(checkLedger({ ...BOOK, rows }, undefined)).toContain(
      `ledger.yaml: ${ID}: row is gone: put it back, corrected or told`,
    );
  });

  test("names a new row that is not in the list of ids", () => {
    const ids = BOOK.ids.filter((id) => id !== ID);
    expect(checkLedger({ ...BOOK, ids }, undefined)).toEqual([`ledger-ids.txt: ${ID} is missing: add it at the end`]);
  });

  test("names a heading that no row quotes, and one of two of the same name", () => {
    const without = (gone: (row: LedgerRow) => boolean) =>
      checkLedger({ ...BOOK, rows: BOOK.rows.filter((row) => !gone(row)) }, undefined).filter((problem) =>
        problem.startsWith("article-headings"),
      );
    expect(without(({ article, heading }) => article === "001" && heading === "LXC")).toEqual([
      'article-headings.yaml: 001: "LXC" stands there 1 times, and 0 have rows: add a row to ledger.yaml',
    ]);
    expect(without(({ id }) => id === "001.104" || id === "001.105")).toContain(
      'article-headings.yaml: 001: "创建容器" stands there 3 times, and 2 have rows: add a row to ledger.yaml',
    );
  });

  test("names a heading that the article doesn't have, of a row and of a step", () => {
    const problem = 'article 001 has no heading "创建镜像"';
    expect(checkLedger(withRow({ heading: "创建镜像" }), undefined)).toContain(`ledger.yaml: ${ID}: ${problem}`);
    const steps = BOOK.steps.map((step) => (step.id === "dockerd.run" ? { ...step, heading: "创建镜像" } : step));
    expect(checkLedger({ ...BOOK, steps }, undefined)).toEqual([`docker-2013/steps.ts: dockerd.run: ${problem}`]);
  });

  test.each<[string, Partial<LedgerRow>, string]>([
    ["a path", { where: ["docker-2013/gone.ts"] }, "where: there is no packages/docker-2013/gone.ts: was it moved?"],
    ["a step", { where: ["dockerd.gone"] }, "where: no steps.ts declares dockerd.gone: was it renamed?"],
    ["no chapter", { chapters: [] }, "chapter: names none: which one tells it?"],
    ["a chapter", { chapters: ["13-04"] }, "chapter: is to be CHAPTER#SECTION, such as 13-02#read: 13-04"],
    ["a correction", { status: "corrected" }, "erratum: is missing, for status corrected: name one of errata.yaml"],
    ["an erratum", { status: "corrected", erratum: "X99" }, "erratum: errata.yaml has no X99"],
    ["a status", { erratum: "X4" }, "status: is works, with erratum X4: is to be corrected"],
    [
      "a quote",
      { proofs: [{ kind: "quote" }] },
      "proof: names nothing that runs, for status works: name a test, or say planned or told",
    ],
    ["no proof", { status: "told", proofs: [] }, "proof: names none, for status told: at least quote"],
    [
      "a test file",
      { proofs: [readProof("test: test/gone.test.ts", "")] },
      "proof: there is no test/gone.test.ts: was it moved?",
    ],
    [
      "a transcript",
      { proofs: [readProof("transcript: 99-1/a", "")] },
      "proof: chapters/99-1.md is not written: the row can't work yet",
    ],
  ])("names %s that is wrong", (_, change, problem) => {
    expect(checkLedger(withRow(change), undefined)).toEqual([`ledger.yaml: ${ID}: ${problem}`]);
  });

  test("names a section that the chapter lacks, and a block that did not run", () => {
    const section = { id: "read", title: "Read it", text: "", line: 1 };
    const block = { id: "hello", world: "2013", tty: false, commands: [], at: "" } as const;
    const proofs = [readProof("transcript: 99-1/hello", ""), readProof("transcript: 99-1/bye", "")];
    const book = {
      ...withRow({ chapters: ["99-1#read", "99-1#see"], proofs }),
      chapters: [...BOOK.chapters, { id: "99-1", sections: [section], commands: [block] }],
    };
    expect(checkLedger(book, undefined, BLOCKS)).toEqual([
      `ledger.yaml: ${ID}: chapter: chapters/99-1.md has no heading {#see}`,
      `ledger.yaml: ${ID}: proof: chapters/99-1.md: block hello did not run, or printed something else`,
      `ledger.yaml: ${ID}: proof: chapters/99-1.md has no block id=bye`,
    ]);
  });

  test("names an erratum that no row needs, or that is of other articles", () => {
    const told = BOOK.errata.map((each) => (each.id === "X14" ? { ...each, articles: ["002"] } : each));
    const errata = [...told, { ...told[0]!, id: "X99" }];
    expect(checkLedger({ ...BOOK, errata }, undefined)).toEqual([
      "errata.yaml: X14: rows and field articles disagree about article 001",
      "errata.yaml: X14: rows and field articles disagree about article 002",
      "errata.yaml: X99: no row of ledger.yaml names it",
    ]);
  });
});

describe("a proof", () => {
  const proofs = [readProof(`test: ${INDEX_TEST} > Index > finds * first`, "")];
  const problemsOf = (run: SuiteRun) =>
    checkLedger(withRow({ proofs }), run).filter((problem) => problem.startsWith(`ledger.yaml: ${ID}`));

  test("may leave out the end of a test's name, and a part of it", () => {
    expect(problemsOf(withTests({ "Index > finds by id first, then the newest": "passed" }))).toEqual([]);
  });

  test.each<[string, Record<string, TestState>, string]>([
    ["was renamed", { "Index > looks up": "passed" }, "no test of the run is called so: was it renamed?"],
    ["was skipped", { "Index > finds by id first": "skipped" }, "did not run, all of it was skipped:"],
    ["failed", { "Index > finds it first": "failed", "Index > finds that first": "passed" }, "failed:"],
  ])("that %s is named", (_, states, problem) => {
    expect(problemsOf(withTests(states))).toEqual([
      `ledger.yaml: ${ID}: proof: ${problem} test: ${INDEX_TEST} > Index > finds * first`,
    ]);
  });

  test("by steps needs a step that names the row, and the test of steps", () => {
    const row = withRow({ proofs: [{ kind: "steps" }] });
    const steps = BOOK.steps.map((step) => ({ ...step, rows: step.rows.filter((id) => id !== ID) }));
    expect(checkLedger({ ...row, steps }, undefined)).toContain(
      `ledger.yaml: ${ID}: proof: no step of a steps.ts names this row: add it to its rows, or name a test`,
    );
    const untraced = { isWhole: true, tests: { ...WHOLE.tests, "test/e2e/trace.test.ts": {} } };
    expect(checkLedger(row, untraced)).toContain(
      `ledger.yaml: ${ID}: proof: no test of the run is called so: was it renamed? test: test/e2e/trace.test.ts > a traced run > tells the article's six steps in their order`,
    );
  });

  test("is not judged by a part of the suite, or by none: that is said", () => {
    const part = { ...runOf("failed"), isWhole: false };
    expect(checkLedger(BOOK, part)).toEqual([]);
    expect(unjudgedProofs(BOOK.rows, part)).toEqual([
      expect.stringMatching(/^ledger.yaml: .* a part of the suite; run pnpm test$/),
    ]);
    expect(unjudgedProofs(BOOK.rows, undefined)).toEqual([expect.stringContaining("the suite has not run")]);
    expect(unjudgedProofs(BOOK.rows, WHOLE)).toEqual([]);
  });
});
