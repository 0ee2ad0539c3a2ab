import { describe, expect, test } from "vitest";
import { humanDuration } from "./human-duration.ts";

describe("humanDuration()", () => {
  test.each([
    [0, "Less than a second"],
    [1, "1 second"],
    [59, "59 seconds"],
    [100, "About a minute"],
    [3599, "59 minutes"],
    [3600, "About an hour"],
    [47 * 3600, "47 hours"],
    [5 * 86_400, "5 days"],
    [20 * 86_400, "2 weeks"],
    [100 * 86_400, "3 months"],
    [800 * 86_400, "2 years"],
  ])("%d seconds are %s", (seconds, text) => expect(humanDuration(seconds * 1000)).toBe(text));
});
