/**
 * The ledger: what the articles claim, a row a claim, and for each where it is built, where it is told and what proves it.
 *
 *     article ─▶ heading ─▶ row ─┬▶ where    files and steps
 *                                ├▶ chapter  sections of the book
 *                                └▶ proof    tests, steps, transcripts
 */
import { readFileSync } from "node:fs";
import { LEDGER, LEDGER_IDS } from "../paths.ts";
import { type Bilingual, type Fields, readRows } from "./fields.ts";
import { type Proof, readProof } from "./proof.ts";

export const KINDS = ["step", "component", "code", "command", "output", "picture", "fact"] as const;

export const STATUSES = [
  "works", // and a proof ran
  "partly",
  "planned",
  "corrected", // the article errs: an erratum says what holds
  "told", // history, or what is left out on purpose: told, not built
] as const;
export type Status = (typeof STATUSES)[number];

export interface LedgerRow {
  /** `001.08`: the article, and a number that no other row of it gets again. */
  readonly id: string;
  readonly article: string;
  /** As it stands in the article. */
  readonly heading: string;
  readonly kind: (typeof KINDS)[number];
  /** A paraphrase. */
  readonly claim: Bilingual;
  /** Paths below packages/, with a slash or as a whole package; ids of steps. */
  readonly where: readonly string[];
  /** Sections that tell it: `13-02#read`. */
  readonly chapters: readonly string[];
  readonly proofs: readonly Proof[];
  readonly status: Status;
  /** Number of the erratum: `X14`. */
  readonly erratum?: string;
}

/** @throws {Error} When a row is not as it should be: which row and field. */
export function readLedger(path = LEDGER): LedgerRow[] {
  return readRows(path, "id").map(readRow);
}

/** Every id that there has ever been. */
export function readLedgerIds(path = LEDGER_IDS): string[] {
  return readFileSync(path, "utf8").split("\n").filter(Boolean);
}

function readRow(row: Fields): LedgerRow {
  const id = row.text("id");
  const erratum = row.optionalText("erratum");
  const read: LedgerRow = {
    id,
    article: row.text("article"),
    heading: row.text("heading"),
    kind: row.oneOf("kind", KINDS),
    claim: { en: row.text("claim"), zh: row.text("claimZh") },
    where: row.texts("where"),
    chapters: row.texts("chapter"),
    proofs: row.texts("proof").map((text) => readProof(text, `ledger.yaml: ${id}: field proof`)),
    status: row.oneOf("status", STATUSES),
    ...(erratum !== undefined && { erratum }),
  };
  row.done();
  return read;
}
