/**
 * Ends the suite's output with a line for each test that failed or needed another try, and one plain line of counts, which any
 * continuous integration can read.
 *
 * A test that is tried again is no success to be silent about: it may be a busy machine, or a defect that shows seldom.
 */
import type { Reporter, TestCase, TestModule, Vitest } from "vitest/node";

export default class CountsReporter implements Reporter {
  #vitest: Vitest | undefined;
  /** What has failed in a pass so far, with the reasons. */
  readonly #failures = new Map<string, string>();

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
    process.on("exit", () => this.#tell());
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    for (const module of modules) {
      for (const [name, reasons] of preparationsOf(module)) this.#failures.set(name, reasons);
      for (const test of module.children.allTests())
        if (wasNeeded(test)) this.#failures.set(nameOf(test), reasonsIn(test.result().errors ?? []));
    }
  }

  /** Of the last state of each file: main.ts may run some once more. */
  #tell(): void {
    const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    const failed = new Set<string>();
    for (const module of this.#vitest!.state.getTestModules()) {
      for (const [name] of preparationsOf(module)) {
        counts.failed++;
        failed.add(name);
      }
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        counts[state]++;
        if (state === "failed") failed.add(nameOf(test));
      }
    }
    for (const [name, reasons] of this.#failures)
      console.log(`${failed.has(name) ? "failed" : "tried again"}: ${name}: ${reasons}`);
    console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  }
}

/** What has failed around tests, of a file and of each group in it: name and reasons. */
function preparationsOf(module: TestModule): [name: string, reasons: string][] {
  const groups = [...module.children.allSuites()].map((suite) => [suite.fullName, suite.errors()] as const);
  return [["", module.errors()] as const, ...groups]
    .filter(([, errors]) => errors.length > 0)
    .map(([name, errors]) => [`${module.relativeModuleId} > ${name}`, reasonsIn(errors)]);
}

/** A second try, or a reason to fail. */
function wasNeeded(test: TestCase): boolean {
  return test.result().state === "failed" || (test.diagnostic()?.retryCount ?? 0) > 0;
}

function nameOf(test: TestCase): string {
  return `${test.module.relativeModuleId} > ${test.fullName}`;
}

/** The first line of each. */
function reasonsIn(errors: readonly { readonly message: string }[]): string {
  return errors.map(({ message }) => message.split("\n")[0]).join("; ");
}
