import { describe, expect, test } from "vitest";
import { humanDuration } from "./human-duration.ts";

const DAY = 86_400;

describe("humanDuration()", () => {
  test.each([
    [0.9, "Less than a second"],
    [59, "59 seconds"],
    [60, "About a minute"],
    [120, "2 minutes"],
    [3599, "59 minutes"],
    [3600, "About an hour"],
    [7200, "2 hours"],
    [48 * 3600 - 1, "47 hours"],
    [2 * DAY, "2 days"],
    [13.9 * DAY, "13 days"],
    [14 * DAY, "2 weeks"],
    [89 * DAY, "12 weeks"],
    [90 * DAY, "3 months"],
    [729 * DAY, "24 months"],
    [730 * DAY, "2 years"],
  ])("says %d seconds as %s", (seconds, words) => expect(humanDuration(seconds * 1000)).toBe(words));
});
