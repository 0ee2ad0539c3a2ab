/** What the articles claim, row by row, in our own words: tutorials/ledger.yaml. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import type * as Yaml from "yaml";
import type { Claim } from "./recorded-run.ts";

const LEDGER = resolve(import.meta.dirname, "../../tutorials/ledger.yaml");

interface Row extends Claim {
  readonly id: string;
}

/** The rows with these ids. None where a copy of the project comes without the book. */
export function readClaims(ids: ReadonlySet<string>, ledger = LEDGER): Record<string, Claim> {
  if (!existsSync(ledger)) return {};
  // runc, which is packed, has no import of libraries.
  const { parse } = createRequire(import.meta.filename)("yaml") as typeof Yaml;
  const rows: readonly Row[] = parse(readFileSync(ledger, "utf8"));
  const wanted = rows.filter(({ id }) => ids.has(id));
  return Object.fromEntries(wanted.map(({ id, heading, claim, claimZh }) => [id, { heading, claim, claimZh }]));
}
