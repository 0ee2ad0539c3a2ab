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
    ["2006-01-02T1Z", "1136163600.000000000"],
    ["2006-01-02Z", "1136160000.000000000"],
    ["2006-01-02-08:00", "1136188800.000000000"],
    ["90s", "1700000000.500000000"],
    ["1h30m", "1699994690.500000000"],
  ])("%s", (text, seconds) => expect(parseTimestamp(text, 1_700_000_090_500)).toBe(seconds));

  test.each([
    ["yesterday", 'failed to parse value as time or duration: "yesterday"'],
    ["2006-13-02", 'parsing time "2006-13-02": month out of range'],
    ["2006-02-30T10Z", 'parsing time "2006-02-30T10Z": day out of range'],
    ["2006-01-02T25:04:05Z", 'parsing time "2006-01-02T25:04:05Z": hour out of range'],
    ["2006-01-02T", 'parsing time "2006-01-02T" as "2006-01-02T15": cannot parse "" as "15"'],
    [
      "2006-01-02T15:04:0Z",
      'parsing time "2006-01-02T15:04:0Z" as "2006-01-02T15:04:05Z07:00": cannot parse "0Z" as "05"',
    ],
  ])("refuses %s in Go's words", (text, message) => expect(() => parseTimestamp(text)).toThrow(new Error(message)));
});
