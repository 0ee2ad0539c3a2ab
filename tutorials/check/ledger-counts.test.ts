import { expect, test } from "vitest";
import type { LedgerRow } from "../book/ledger.ts";
import { countLedger } from "./ledger-counts.ts";

const ROW: LedgerRow = {
  id: "001.01",
  article: "001",
  heading: "LXC",
  kind: "fact",
  claim: { en: "a", zh: "甲" },
  where: [],
  chapters: ["13-01#read", "00-2#read"],
  proofs: [{ kind: "quote" }],
  status: "told",
};

test("countLedger() counts rows by status, and by whether their first chapter is written", () => {
  const rows: LedgerRow[] = [ROW, { ...ROW, status: "works" }, { ...ROW, chapters: ["19-01#read", "13-01#read"] }];
  const chapters = [{ id: "13-01", sections: [], commands: [] }];
  expect(countLedger({ rows, chapters })).toEqual({
    rows: 3,
    byStatus: { works: 1, partly: 0, planned: 0, corrected: 0, told: 2 },
    inChapters: 2,
    waiting: 1,
  });
});
