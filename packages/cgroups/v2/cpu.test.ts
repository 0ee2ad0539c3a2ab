import { describe, expect, test } from "vitest";
import { weightOfShares } from "./cpu.ts";
import { weightOfBlkioWeight } from "./io.ts";

describe("weightOfShares()", () => {
  test.each([
    [2, 1],
    [1024, 39],
    [262_144, 10_000],
    [0, 1],
    [1_000_000, 10_000],
  ])("turns %d into %d", (shares, weight) => expect(weightOfShares(shares)).toBe(weight));
});

describe("weightOfBlkioWeight()", () => {
  test.each([
    [10, 1],
    [1000, 10_000],
  ])("turns %d into %d", (weight, onV2) => expect(weightOfBlkioWeight(weight)).toBe(onV2));
});
