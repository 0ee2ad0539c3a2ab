/** The last part of the suite: rows of the ledger that say "works" have a proof, and it ran just now. */
import type { TestModule, TestRunEndReason } from "vitest/node";
import ProofsReporter from "../../test/proofs-reporter.ts";
import { checkLedger } from "./ledger.ts";
import { readLedgerBook } from "./ledger-book.ts";
import { countLedger } from "./ledger-counts.ts";
import { readSuiteRun } from "./suite-run.ts";

export default class LedgerReporter extends ProofsReporter {
  override async onTestRunEnd(
    modules: readonly TestModule[],
    errors: unknown,
    reason: TestRunEndReason,
  ): Promise<void> {
    await super.onTestRunEnd(modules, errors, reason);
    const run = readSuiteRun();
    if (!run?.isWhole) return; // of a part nobody can say what has been proven
    const book = readLedgerBook();
    const { rows, byStatus } = countLedger(book);
    const statuses = Object.entries(byStatus).map(([status, count]) => `${count} ${status}`);
    console.log(`\nledger: ${rows} rows: ${statuses.join(", ")}`);
    const problems = checkLedger(book, run);
    for (const problem of problems) console.log(problem);
    if (problems.length > 0) process.exitCode = 1;
  }
}
