/**
 * The reader's map: from an article's heading to the chapters that tell it, the code that does it and what proves that. Plain data, which
 * the site renders.
 */
import { existsSync } from "node:fs";
import { CHAPTERS } from "../paths.ts";
import { readArticles } from "./article-headings.ts";
import { type Chapter, LANGUAGES, type Language, readChapters } from "./chapter.ts";
import { DECLARED_STEPS } from "./declared-steps.ts";
import type { Bilingual } from "./fields.ts";
import { type LedgerRow, readLedger, type Status } from "./ledger.ts";
import { type Proof, proofText } from "./proof.ts";

/** green: proven by each run of the suite. amber: not whole, or not there. grey: told, nothing to build. */
export type Dot = "green" | "amber" | "grey";

export interface MapArticle {
  readonly id: string;
  readonly title: Bilingual;
  /** As rows quote them, one after the other; a heading that stands twice in the article stands here twice. */
  readonly headings: readonly MapHeading[];
}

export interface MapHeading {
  readonly heading: string;
  readonly rows: readonly MapRow[];
}

export interface MapRow {
  readonly id: string;
  readonly kind: LedgerRow["kind"];
  readonly claim: Bilingual;
  readonly chapters: readonly MapChapter[];
  /** Below the clone: `packages/docker-2013/docker/main.ts`. */
  readonly code: readonly string[];
  readonly steps: readonly { readonly id: string; readonly title: Bilingual }[];
  readonly proofs: readonly { readonly kind: Proof["kind"]; readonly text: string }[];
  readonly status: Status;
  readonly dot: Dot;
  readonly erratum?: string;
}

export interface MapChapter {
  /** `13-02` */
  readonly id: string;
  readonly section: string;
  /** The section's, or the chapter's; nothing where the chapter is not written yet. */
  readonly title?: Partial<Bilingual>;
}

export function readersMap(rows = readLedger(), articles = readArticles(), written = writtenChapters()): MapArticle[] {
  return articles.map(({ id, title }) => {
    const ofArticle = rows.filter(({ article }) => article === id);
    return { id, title, headings: groupByHeading(ofArticle).map((group) => mapHeading(group, written)) };
  });
}

/** Rows that follow each other and quote the same heading. */
function groupByHeading(rows: readonly LedgerRow[]): LedgerRow[][] {
  const groups: LedgerRow[][] = [];
  for (const row of rows) {
    const last = groups.at(-1);
    if (last?.[0]?.heading === row.heading) last.push(row);
    else groups.push([row]);
  }
  return groups;
}

function mapHeading(rows: readonly LedgerRow[], written: readonly Chapter[]): MapHeading {
  return { heading: rows[0]!.heading, rows: rows.map((row) => mapRow(row, written)) };
}

function mapRow(row: LedgerRow, written: readonly Chapter[]): MapRow {
  const { id, kind, claim, status, erratum, where } = row;
  const steps = DECLARED_STEPS.filter((step) => where.includes(step.id) || step.rows.includes(id));
  return {
    id,
    kind,
    claim,
    chapters: row.chapters.map((anchor) => mapChapter(anchor, written)),
    code: where.filter((place) => !DECLARED_STEPS.some((step) => step.id === place)).map((path) => `packages/${path}`),
    steps: steps.map((step) => ({ id: step.id, title: { en: step.title, zh: step.titleZh } })),
    proofs: row.proofs.map((proof) => ({ kind: proof.kind, text: proofText(proof) })),
    status,
    dot: dotOf(row),
    ...(erratum !== undefined && { erratum }),
  };
}

function dotOf({ status, proofs }: LedgerRow): Dot {
  if (status === "partly" || status === "planned") return "amber";
  return proofs.some(({ kind }) => kind !== "quote") ? "green" : "grey";
}

function mapChapter(anchor: string, written: readonly Chapter[]): MapChapter {
  const [id, section] = anchor.split("#") as [string, string];
  const titles = written
    .filter((chapter) => chapter.id === id)
    .map((chapter): [Language, string] => [chapter.language, titleOf(chapter, section)]);
  return { id, section, ...(titles.length > 0 && { title: Object.fromEntries(titles) }) };
}

function titleOf({ meta, sections }: Chapter, section: string): string {
  return sections.find(({ id }) => id === section)?.title ?? meta.title;
}

function writtenChapters(): Chapter[] {
  return existsSync(CHAPTERS) ? LANGUAGES.flatMap((language) => readChapters(language)) : [];
}
