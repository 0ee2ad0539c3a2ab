/**
 * What a run of the test suite came to: what proves rows of the ledger. The suite writes it when it ends (test/proofs-reporter.ts), into
 * node_modules/.cache/tutorials/proofs.json.
 */
import { readFileSync } from "node:fs";
import { PROOFS } from "../paths.ts";

export type TestState = "passed" | "failed" | "skipped";

export interface SuiteRun {
  /** All files of the suite, and all tests in them: not `vitest run FILE`, and not interrupted. */
  readonly isWhole: boolean;
  /** File, full name of a test, what became of it. */
  readonly tests: Readonly<Record<string, Readonly<Record<string, TestState>>>>;
}

/** @returns Nothing where the suite has not run yet. */
export function readSuiteRun(path = PROOFS): SuiteRun | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as SuiteRun;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new Error(`Cannot read ${path}: run the suite again`, { cause: error });
  }
}

/** States of the tests of a file whose full names begin with `name`, in which * stands for any text. */
export function statesOf({ tests }: SuiteRun, file: string, name: string): TestState[] {
  const pattern = new RegExp(`^${name.split("*").map(RegExp.escape).join(".*")}`);
  return Object.entries(tests[file] ?? {}).flatMap(([test, state]) => (pattern.test(test) ? [state] : []));
}
