/** The ledger with all that it points to. */
import { existsSync } from "node:fs";
import { type Article, readArticles } from "../book/article-headings.ts";
import { type Chapter, readChapters } from "../book/chapter.ts";
import { DECLARED_STEPS, type DeclaredStep } from "../book/declared-steps.ts";
import { type Erratum, readErrata } from "../book/errata.ts";
import { type LedgerRow, readLedger, readLedgerIds } from "../book/ledger.ts";
import { CHAPTERS } from "../paths.ts";

export interface LedgerBook {
  readonly rows: readonly LedgerRow[];
  /** Of ledger-ids.txt. */
  readonly ids: readonly string[];
  readonly articles: readonly Article[];
  readonly errata: readonly Erratum[];
  readonly steps: readonly DeclaredStep[];
  /** The English halves of those that are written. */
  readonly chapters: readonly Pick<Chapter, "id" | "sections" | "commands">[];
}

export function readLedgerBook(): LedgerBook {
  return {
    rows: readLedger(),
    ids: readLedgerIds(),
    articles: readArticles(),
    errata: readErrata(),
    steps: DECLARED_STEPS,
    chapters: existsSync(CHAPTERS) ? readChapters("en") : [],
  };
}
