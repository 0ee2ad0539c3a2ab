/**
 * The ledger, held to what it says: rows stay, headings have rows, places and sections are there, and what works has been proven by this
 * run of the suite.
 *
 * Each problem is a line that names the file, the row and what to do.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { LedgerRow } from "../book/ledger.ts";
import { PACKAGES } from "../paths.ts";
import type { LedgerBook } from "./ledger-book.ts";
import { proofProblems } from "./proofs.ts";
import type { SuiteRun } from "./suite-run.ts";

/**
 * @param run - What the suite came to. Of one that was not whole, or of none, proofs by tests are not judged: `unjudgedProofs()`.
 * @param transcripts - Blocks that ran and printed what the chapter says, `13-02/hello`; without it, that the block exists is enough.
 */
export function checkLedger(book: LedgerBook, run: SuiteRun | undefined, transcripts?: ReadonlySet<string>): string[] {
  return [
    ...idProblems(book),
    ...headingProblems(book),
    ...stepProblems(book),
    ...erratumProblems(book),
    ...book.rows.flatMap((row) =>
      [
        ...placeProblems(row, book),
        ...chapterProblems(row, book),
        ...statusProblems(row, book),
        ...proofProblems(row, book, run, transcripts),
      ].map((problem) => `ledger.yaml: ${row.id}: ${problem}`),
    ),
  ];
}

/** A row that was there once is there for good; a new one is added to the list. */
function idProblems({ rows, ids }: LedgerBook): string[] {
  const present = new Set(rows.map(({ id }) => id));
  const known = new Set(ids);
  return [
    ...ids
      .filter((id) => !present.has(id))
      .map((id) => `ledger.yaml: ${id}: row is gone: put it back, corrected or told`),
    ...[...present.difference(known)].map((id) => `ledger-ids.txt: ${id} is missing: add it at the end`),
  ];
}

function headingProblems({ rows, articles }: LedgerBook): string[] {
  const unknown = rows
    .filter(({ article, heading }) => !articles.find(({ id }) => id === article)?.headings.includes(heading))
    .map(({ id, article, heading }) => `ledger.yaml: ${id}: article ${article} has no heading "${heading}"`);
  return [...unknown, ...articles.flatMap((article) => bareHeadings(article, rows))];
}

/** Headings that are quoted by fewer groups of rows than they stand in the article: "a quoted step has no code". */
function bareHeadings({ id, headings, parts }: LedgerBook["articles"][number], rows: readonly LedgerRow[]): string[] {
  const ofArticle = rows.filter(({ article }) => article === id).map(({ heading }) => heading);
  const groups = ofArticle.filter((heading, index) => heading !== ofArticle[index - 1]);
  const times = (list: readonly string[], wanted: string) => list.filter((heading) => heading === wanted).length;
  return [...new Set(headings)]
    .filter((heading) => !parts.includes(heading) && times(groups, heading) < times(headings, heading))
    .map(
      (heading) =>
        `article-headings.yaml: ${id}: "${heading}" stands there ${times(headings, heading)} times, and ${times(groups, heading)} have rows: add a row to ledger.yaml`,
    );
}

/** What steps say of articles and rows must be so. */
function stepProblems({ steps, rows, articles }: LedgerBook): string[] {
  const ids = new Set(rows.map(({ id }) => id));
  return steps.flatMap(({ id, era, article, heading, rows: named }) => {
    const at = `docker-${era}/steps.ts: ${id}`;
    const known = articles.find((each) => each.id === article)?.headings.includes(heading);
    return [
      ...(known ? [] : [`${at}: article ${article} has no heading "${heading}"`]),
      ...named.filter((row) => !ids.has(row)).map((row) => `${at}: ledger.yaml has no row ${row}`),
    ];
  });
}

function erratumProblems({ errata, rows }: LedgerBook): string[] {
  return errata.flatMap(({ id, articles }) => {
    const told = rows.filter(({ erratum }) => erratum === id).map(({ article }) => article);
    if (told.length === 0) return [`errata.yaml: ${id}: no row of ledger.yaml names it`];
    const wrong = new Set(told).symmetricDifference(new Set(articles));
    return [...wrong].map((article) => `errata.yaml: ${id}: rows and field articles disagree about article ${article}`);
  });
}

const STEP_ID = /^[\w-]+\.[\w-]+$/;

function placeProblems({ where }: LedgerRow, { steps }: LedgerBook): string[] {
  return where.flatMap((place) => {
    if (!STEP_ID.test(place))
      return existsSync(join(PACKAGES, place)) ? [] : [`where: there is no packages/${place}: was it moved?`];
    return steps.some(({ id }) => id === place) ? [] : [`where: no steps.ts declares ${place}: was it renamed?`];
  });
}

const SECTION = /^(?<chapter>\d\d-\d+)#(?<section>[\w-]+)$/;

function chapterProblems({ chapters }: LedgerRow, book: LedgerBook): string[] {
  if (chapters.length === 0) return ["chapter: names none: which one tells it?"];
  return chapters.flatMap((anchor) => {
    const groups = SECTION.exec(anchor)?.groups;
    if (!groups) return [`chapter: is to be CHAPTER#SECTION, such as 13-02#read: ${anchor}`];
    const chapter = book.chapters.find(({ id }) => id === groups.chapter);
    const hasSection = chapter?.sections.some(({ id }) => id === groups.section) ?? true; // not written yet
    return hasSection ? [] : [`chapter: chapters/${groups.chapter}.md has no heading {#${groups.section}}`];
  });
}

function statusProblems({ status, erratum }: LedgerRow, { errata }: LedgerBook): string[] {
  if (status !== "corrected")
    return erratum === undefined ? [] : [`status: is ${status}, with erratum ${erratum}: is to be corrected`];
  if (erratum === undefined) return ["erratum: is missing, for status corrected: name one of errata.yaml"];
  return errata.some(({ id }) => id === erratum) ? [] : [`erratum: errata.yaml has no ${erratum}`];
}
