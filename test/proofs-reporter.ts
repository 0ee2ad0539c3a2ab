/**
 * Writes down what became of each test, for the book's ledger: a row of it works if its proof has run (tutorials/check/proofs.ts).
 *
 * A run of some files says of the others nothing, so the run says whether it was whole.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Reporter, TestModule, TestRunEndReason, Vitest } from "vitest/node";
import type { SuiteRun, TestState } from "../tutorials/check/suite-run.ts";
import { PROOFS } from "../tutorials/paths.ts";

type States = Record<string, TestState>;

export default class ProofsReporter implements Reporter {
  readonly #path: string;
  #vitest: Vitest | undefined;

  constructor({ path = PROOFS }: { path?: string } = {}) {
    this.#path = path;
  }

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  /** Of a second pass (main.ts), too: what it did not run has the states of the first. */
  async onTestRunEnd(_modules: readonly TestModule[], _errors: unknown, reason: TestRunEndReason): Promise<void> {
    const modules = this.#vitest!.state.getTestModules();
    const isWhole = reason !== "interrupted" && (await this.#areAll(modules));
    const tests = Object.fromEntries(modules.map((module) => [module.relativeModuleId, statesOf(module)]));
    mkdirSync(dirname(this.#path), { recursive: true });
    writeFileSync(this.#path, JSON.stringify({ isWhole, tests } satisfies SuiteRun));
  }

  async #areAll(modules: readonly TestModule[]): Promise<boolean> {
    if (this.#vitest?.getGlobalTestNamePattern() !== undefined) return false;
    const ran = new Set(modules.map(({ moduleId }) => moduleId));
    const all = (await this.#vitest?.globTestSpecifications()) ?? [];
    return all.every(({ moduleId }) => ran.has(moduleId));
  }
}

/** Where two tests of a file have the same name, the one that failed counts. */
function statesOf(module: TestModule): States {
  const states: States = {};
  for (const test of module.children.allTests()) {
    const { state } = test.result();
    if (state !== "pending" && states[test.fullName] !== "failed") states[test.fullName] = state;
  }
  return states;
}
