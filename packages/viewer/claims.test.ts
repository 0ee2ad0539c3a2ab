import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readClaims } from "./claims.ts";

const dir = mkdtempSync(join(tmpdir(), "docker-eras-claims-"));
afterAll(() => rmSync(dir, { recursive: true }));

const LEDGER = `
- id: "001.20"
  article: "001"
  heading: 查找镜像
  claim: The image is looked up by its name, then by its id
  claimZh: 先按名字、再按 ID 查找镜像
  status: works
- { id: "001.21", article: "001", heading: 创建容器, claim: A record is made, claimZh: 建立记录 }
`;

describe("readClaims()", () => {
  test("takes the rows that are asked for, with what the page shows of them", () => {
    const ledger = join(dir, "ledger.yaml");
    writeFileSync(ledger, LEDGER);
    expect(readClaims(new Set(["001.20", "001.99"]), ledger)).toEqual({
      "001.20": {
        heading: "查找镜像",
        claim: "The image is looked up by its name, then by its id",
        claimZh: "先按名字、再按 ID 查找镜像",
      },
    });
  });
  test("has none where there is no ledger", () => {
    expect(readClaims(new Set(["001.20"]), join(dir, "nosuch"))).toEqual({});
  });
});
