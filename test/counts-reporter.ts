/**
 * Ends the suite's output with a line for each test that failed or needed a second try, and one plain line of counts, which any
 * continuous integration can read.
 *
 * A test that is tried again is no success to be silent about: it may be a busy machine, or a defect that shows seldom.
 */
import type { Reporter, TestModule } from "vitest/node";

export default class CountsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    const lines: string[] = [];
    for (const module of modules) {
      if (module.errors().length > 0) counts.failed++;
      for (const test of module.children.allTests()) {
        const { state, errors } = test.result();
        counts[state]++;
        if (state !== "failed" && !(state === "passed" && test.diagnostic()?.retryCount)) continue;
        const reasons = errors?.map(({ message }) => message.split("\n")[0]) ?? [];
        const outcome = state === "failed" ? "failed" : "tried again";
        lines.push(`${outcome}: ${module.relativeModuleId} > ${test.fullName}: ${reasons.join("; ")}`);
      }
    }
    process.on("exit", () => {
      for (const line of lines) console.log(line);
      console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
    });
  }
}
