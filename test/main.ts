/**
 * The suite, as `pnpm test [FILTER …]` runs it: all its files, and then those that have failed once more, one after the other.
 *
 * The second pass is for preparations, which vitest tries only once, and for what the rest of the suite had kept from the processor for too
 * long. counts-reporter.ts tells at the end who needed it; what fails again has failed.
 */
import { createVitest, parseCLI, type TestModule } from "vitest/node";
import { leftSince, machineNow } from "./nothing-left.ts";

/** More files than this don't fail by chance. */
const MOST_BY_CHANCE = 6;

process.env.TEST = process.env.VITEST = "true"; // as vitest's own command sets them
process.env.NODE_ENV ??= "test";
const before = await machineNow();
const { filter, options } = parseCLI(["vitest", "run", ...process.argv.slice(2)]);
const vitest = await createVitest({ ...options, run: true, watch: false });

const first = await vitest.start(filter).catch((error: Error) => {
  vitest.logger.error(error.message); // no such files
  process.exitCode = 1;
});
const failed = first?.testModules.filter((module) => module.state() === "failed") ?? [];
const isByChance = failed.length > 0 && failed.length <= MOST_BY_CHANCE && first?.unhandledErrors.length === 0;
if (isByChance) await runAgain(failed);
const firstTries = first?.testModules ?? [];
await vitest.close();

const left = leftSince(before);
if (left.length > 0) {
  console.log(`The suite left on this machine:\n  ${left.join("\n  ")}`);
  if (failed.length === 0 && !firstTries.some(wasTriedAgain)) process.exitCode = 1; // a try that failed may be cut short
}
process.exit();

async function runAgain(modules: readonly TestModule[]): Promise<void> {
  vitest.config.maxWorkers = 1;
  process.exitCode = undefined;
  await vitest.runTestSpecifications(modules.map((module) => module.toTestSpecification()));
}

function wasTriedAgain(module: TestModule): boolean {
  return [...module.children.allTests()].some((test) => (test.diagnostic()?.retryCount ?? 0) > 0);
}
