import { describe, expect, test } from "vitest";
import { atLeast, compareVersions } from "./api-version.ts";

describe("compareVersions()", () => {
  test("compares numbers, not text", () => expect(compareVersions("1.9", "1.24")).toBeLessThan(0));
  test("finds a version equal to itself", () => expect(compareVersions("1.40", "1.40")).toBe(0));
  test("takes a missing number for 0", () => expect(compareVersions("2", "2.0")).toBe(0));
});

describe("atLeast()", () => {
  test("includes the minimum", () => expect(atLeast("1.24", "1.24")).toBe(true));
  test("excludes what is older", () => expect(atLeast("1.12", "1.24")).toBe(false));
});
