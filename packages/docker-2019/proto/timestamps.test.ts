import { describe, expect, test } from "vitest";
import { dateOf, GO_ZERO_TIME, timestampOf, unixNano, unixNanoOf } from "./timestamps.ts";

describe("timestampOf()", () => {
  test.each(["2019-07-22T17:30:00.123Z", "1970-01-01T00:00:00.000Z", "1969-12-31T23:59:59.999Z"])("%s", (text) => {
    const { seconds, nanos } = timestampOf(new Date(text)) as { seconds: bigint; nanos: number };
    expect(nanos).toBeGreaterThanOrEqual(0);
    expect(dateOf({ seconds, nanos })?.toISOString()).toBe(text);
  });

  test.each([0n, 1n, -1n, 1_796_036_977_612_525_879n, -1_000_000_001n])("%d nanoseconds", (time) => {
    const { seconds, nanos } = timestampOf(time) as { seconds: bigint; nanos: number };
    expect(nanos).toBeGreaterThanOrEqual(0);
    expect(unixNanoOf({ seconds, nanos })).toBe(time);
  });

  test("means by Go's zero time that there is none", () => {
    expect(timestampOf(undefined)).toEqual(GO_ZERO_TIME);
    expect(dateOf({ seconds: -62135596800n, nanos: 0 })).toBeUndefined();
    expect(dateOf(undefined)).toBeUndefined();
  });
});

test("unixNano() is finer than a Date, and the same clock", () => {
  const times = Array.from({ length: 100 }, () => unixNano());
  expect(times.some((time) => time % 1_000_000n !== 0n)).toBe(true);
  expect(Math.abs(Number(times[0]! / 1_000_000n) - Date.now())).toBeLessThan(5000);
});
