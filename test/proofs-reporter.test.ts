import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readSuiteRun, type SuiteRun } from "../tutorials/check/suite-run.ts";
import { runProgram } from "./harness/run-program.ts";

const VITEST = resolve(import.meta.dirname, "../node_modules/vitest/vitest.mjs");
const REPORTER = resolve(import.meta.dirname, "proofs-reporter.ts");

/** A suite of two files. */
const FILES = {
  "packages/a.test.ts": `describe("a", () => { test("holds", () => {}); test.skip("waits", () => {}); });`,
  "packages/b.test.ts": `test("is wrong", () => expect(1).toBe(2));`,
};

describe("the proofs' reporter", () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), "docker-eras-proofs-"));
    mkdirSync(join(dir, "packages"));
    for (const [file, text] of Object.entries(FILES)) writeFileSync(join(dir, file), text);
    const reporters = [[REPORTER, { path: join(dir, "proofs.json") }]];
    const config = { test: { globals: true, include: ["packages/*.test.ts"], reporters } };
    writeFileSync(join(dir, "vitest.config.mjs"), `export default ${JSON.stringify(config)};`);
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  async function proofsOf(...args: string[]): Promise<SuiteRun | undefined> {
    await runProgram(process.execPath, [VITEST, "run", "--root", dir, ...args]);
    return readSuiteRun(join(dir, "proofs.json"));
  }

  test("writes down what became of each test", async () => {
    expect(await proofsOf()).toEqual({
      isWhole: true,
      tests: {
        "packages/a.test.ts": { "a > holds": "passed", "a > waits": "skipped" },
        "packages/b.test.ts": { "is wrong": "failed" },
      },
    });
  });

  test.each([[["packages/a.test.ts"]], [["--testNamePattern", "holds"]], [["--shard", "1/2"]]])(
    "takes no part of the suite for the whole: %j",
    async (args) => expect(await proofsOf(...args)).toMatchObject({ isWhole: false }),
  );

  test("is believed only where it has written all", () => {
    expect(readSuiteRun(join(dir, "nothing.json"))).toBeUndefined();
    writeFileSync(join(dir, "cut.json"), '{"isWhole":true,"tests":{');
    expect(() => readSuiteRun(join(dir, "cut.json"))).toThrow(/^Cannot read .*cut\.json: run the suite again$/);
  });
});
