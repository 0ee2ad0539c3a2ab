import { expect, test } from "vitest";
import { goTime } from "./go-time.ts";

test.each([
  [0n, "1970-01-01T00:00:00Z"],
  [1_563_782_400_123_456_789n, "2019-07-22T08:00:00.123456789Z"],
  [1_563_782_400_500_000_000n, "2019-07-22T08:00:00.5Z"],
  [-1n, "1969-12-31T23:59:59.999999999Z"],
])("goTime(%d) is %s", (ns, text) => expect(goTime(ns)).toBe(text));
