import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readLedger } from "./ledger.ts";
import { proofText, readProof } from "./proof.ts";

const ROW = `
- id: "001.08"
  article: "001"
  heading: dockerd
  kind: code
  claim: It listens
  claimZh: 它在监听
  where: [docker-2013/dockerd/main.ts]
  chapter: ["13-03#read"]
  proof: [steps]
  status: works
`;

describe("readLedger()", () => {
  let path: string;
  beforeAll(() => {
    path = join(mkdtempSync(join(tmpdir(), "docker-eras-ledger-")), "ledger.yaml");
  });
  afterAll(() => rmSync(join(path, ".."), { recursive: true }));

  const read = (text: string) => {
    writeFileSync(path, text);
    return readLedger(path);
  };

  test("reads a row", () => {
    expect(read(ROW)).toEqual([
      {
        id: "001.08",
        article: "001",
        heading: "dockerd",
        kind: "code",
        claim: { en: "It listens", zh: "它在监听" },
        where: ["docker-2013/dockerd/main.ts"],
        chapters: ["13-03#read"],
        proofs: [{ kind: "steps" }],
        status: "works",
      },
    ]);
  });

  test.each([
    ["claimZh: 它在监听", "", "field claimZh is missing"],
    ["kind: code", "kind: codes", /^ledger\.yaml: 001\.08: field kind is to be one of step, .*: "codes"$/],
    ["where: [", "where: [1, ", 'field where is to be a list of texts: [1,"docker-2013/dockerd/main.ts"]'],
    ["status:", "erata: X1\n  status:", 'field erata is not known: is it misspelt?: "X1"'],
    [
      "[steps]",
      "[step]",
      'field proof is to be "test: FILE > NAME", "steps", "transcript: CHAPTER/BLOCK" or "quote": step',
    ],
    ["- id:", "- name:", "row 1 has no id"],
    [ROW, ROW + ROW, "001.08 stands there twice"],
    [ROW, "rows: 1", "is to be a list of rows"],
  ])("of %j as %j, names row and field", (right, wrong, message) => {
    expect(() => read(ROW.replace(right, wrong))).toThrow(message);
  });
});

test.each([
  "test: test/e2e/trace.test.ts",
  "test: test/e2e/trace.test.ts > a traced run > tells *",
  "transcript: 13-02/hello",
  "steps",
  "quote",
])("proofText() undoes readProof(): %s", (text) => expect(proofText(readProof(text, "here"))).toBe(text));
