import { describe, expect, test } from "vitest";
import { restartDelay, shallRestart } from "./restart-policy.ts";

describe("shallRestart()", () => {
  const run = { exitCode: 1, wasStopped: false, restarts: 0 };
  test.each([
    ["no", 0, run, false],
    ["always", 0, { ...run, exitCode: 0 }, true],
    ["always", 0, { ...run, wasStopped: true }, true],
    ["unless-stopped", 0, run, true],
    ["unless-stopped", 0, { ...run, wasStopped: true }, false],
    ["on-failure", 0, run, true],
    ["on-failure", 0, { ...run, exitCode: 0 }, false],
    ["on-failure", 2, { ...run, restarts: 1 }, true],
    ["on-failure", 2, { ...run, restarts: 2 }, false],
  ] as const)("%s:%i after %j: %s", (Name, MaximumRetryCount, ended, expected) => {
    expect(shallRestart({ Name, MaximumRetryCount }, ended)).toBe(expected);
  });
});

test("restartDelay() doubles, up to a minute, and begins again after a long run", () => {
  const delays = Array.from({ length: 12 }).reduce<number[]>((all) => [...all, restartDelay(all.at(-1) ?? 0, 5)], []);
  expect(delays).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 51200, 60000, 60000]);
  expect(restartDelay(51_200, 10_000)).toBe(100);
});
