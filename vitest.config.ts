import { defineConfig } from "vitest/config";
import LongestFirst from "./test/longest-first.ts";

export default defineConfig({
  test: {
    // Namespaces, credentials and signals belong to the calling thread: tests run on the main thread of a process of their own.
    pool: "forks",
    maxWorkers: 2,
    include: ["packages/**/*.test.ts", "test/**/*.test.ts", "tutorials/**/*.test.ts"],
    sequence: { sequencer: LongestFirst },
    globalSetup: ["./test/root-controllers.ts"],
    testTimeout: 60_000,
    // Genuine daemons miss an event now and then, and a shell a key that is typed too soon, on a machine that is busy with the suite
    // itself. What was tried again is listed at the end.
    retry: 1,
    hookTimeout: 120_000,
    reporters: ["default", "./test/counts-reporter.ts", "./tutorials/check/ledger-reporter.ts"],
  },
});
