import { describe, expect, test } from "vitest";
import { dateOf, GO_ZERO_TIME, timestampOf } from "./timestamps.ts";

describe("timestampOf()", () => {
  test.each(["2019-07-22T17:30:00.123Z", "1970-01-01T00:00:00.000Z", "1969-12-31T23:59:59.999Z"])("%s", (text) => {
    const { seconds, nanos } = timestampOf(new Date(text)) as { seconds: bigint; nanos: number };
    expect(nanos).toBeGreaterThanOrEqual(0);
    expect(dateOf({ seconds, nanos })?.toISOString()).toBe(text);
  });

  test("means by Go's zero time that there is none", () => {
    expect(timestampOf(undefined)).toEqual(GO_ZERO_TIME);
    expect(dateOf({ seconds: -62135596800n, nanos: 0 })).toBeUndefined();
    expect(dateOf(undefined)).toBeUndefined();
  });
});
