import { describe, expect, test } from "vitest";
import { parseTimestamp } from "./timestamp.ts";

describe("parseTimestamp()", () => {
  test.each([
    ["1136073600", "1136073600"],
    ["1136073600.000000001", "1136073600.000000001"],
    ["2006-01-02T15:04:05Z", "1136214245.000000000"],
    ["2006-01-02T15:04:05.999999999Z", "1136214245.999999999"],
    ["2006-01-02T15:04:05+01:00", "1136210645.000000000"],
    ["2006-01-02T15:04Z", "1136214240.000000000"],
    ["90s", "1700000000.500000000"],
    ["1h30m", "1699994690.500000000"],
  ])("%s", (text, seconds) => expect(parseTimestamp(text, 1_700_000_090_500)).toBe(seconds));

  test("refuses what is no time", () =>
    expect(() => parseTimestamp("yesterday")).toThrow('failed to parse value as time or duration: "yesterday"'));
});
