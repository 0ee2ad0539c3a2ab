import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { describe, expect, test } from "vitest";
import { matchesPattern, untilMs } from "./filters.ts";

describe("matchesPattern()", () => {
  test.for([
    ["busy*", "busybox", true],
    ["busy*", "busybox/x", false],
    ["*/d?", "team/db", true],
    ["[a-c]x", "bx", true],
    ["[^a-c]x", "bx", false],
    ["a.c", "abc", false],
    ["a\\*c", "a*c", true],
    ["", "a", false],
  ] as const)("%s against %s", ([pattern, name, expected]) => expect(matchesPattern(pattern, name)).toBe(expected));

  test("refuses a range that runs backwards", () => {
    expect(() => matchesPattern("[z-a]", "b")).toThrow(InvalidArgument);
  });

  test.each(["[", "[a", "[]", "x[^]"])("refuses the class of %s, which has no end", (pattern) => {
    expect(() => matchesPattern(pattern, "x")).toThrow("syntax error in pattern");
  });
});

test("untilMs() takes seconds, dates, and spans before now", () => {
  expect(untilMs(["10.5"], 0)).toBe(10_500);
  expect(untilMs(["2019-07-22T00:00:00Z"], 0)).toBe(Date.UTC(2019, 6, 22));
  expect(untilMs(["1h30m"], 6_000_000)).toBe(600_000);
  expect(untilMs(undefined, 0)).toBe(Number.POSITIVE_INFINITY);
  expect(() => untilMs(["yesterday"], 0)).toThrow('failed to parse value as time or duration: "yesterday"');
  expect(() => untilMs(["1h", "2h"], 0)).toThrow("more than one until filter specified");
});
