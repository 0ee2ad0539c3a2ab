import { describe, expect, test } from "vitest";
import { parseDuration } from "./duration.ts";

describe("parseDuration()", () => {
  test.each([
    ["5s", 5000],
    ["500ms", 500],
    ["1h30m", 5_400_000],
    ["1.5s", 1500],
    [".5m", 30_000],
    ["250us", 0.25],
    ["250µs", 0.25],
    ["-1s", -1000],
    ["0", 0],
  ])("%s", (text, ms) => expect(parseDuration(text)).toBeCloseTo(ms));

  test.each(["", "5", "s", "5 s", "1d", "5s,"])("%j is none", (text) =>
    expect(() => parseDuration(text)).toThrow(`invalid duration "${text}"`),
  );
});
