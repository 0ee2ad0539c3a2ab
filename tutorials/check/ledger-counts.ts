/** The ledger in figures, for the output of `pnpm docs:check`. */
import { type LedgerRow, STATUSES, type Status } from "../book/ledger.ts";
import type { LedgerBook } from "./ledger-book.ts";

export interface LedgerCounts {
  readonly rows: number;
  readonly byStatus: Readonly<Record<Status, number>>;
  /** Rows whose first chapter is written, and those that wait for theirs. */
  readonly inChapters: number;
  readonly waiting: number;
}

export function countLedger({ rows, chapters }: Pick<LedgerBook, "rows" | "chapters">): LedgerCounts {
  const written = new Set(chapters.map(({ id }) => id));
  const inChapters = rows.filter((row) => written.has(chapterOf(row))).length;
  const byStatus = Object.fromEntries(
    STATUSES.map((name) => [name, rows.filter(({ status }) => status === name).length]),
  );
  return {
    rows: rows.length,
    byStatus: byStatus as Record<Status, number>,
    inChapters,
    waiting: rows.length - inChapters,
  };
}

function chapterOf({ chapters }: LedgerRow): string {
  return chapters[0]!.split("#")[0]!;
}
