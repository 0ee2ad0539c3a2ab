import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { happensWithin, longDelay } from "./long-delay.ts";

const MONTH_MS = 30 * 86_400_000;

describe("longDelay()", () => {
  test.each([MONTH_MS, Number.POSITIVE_INFINITY])("waits for %s ms, until it is aborted", async (ms) => {
    const stop = new AbortController();
    const over = longDelay(ms, stop.signal).then(() => "over");
    expect(await Promise.race([over, delay(20, "it waits")])).toBe("it waits");
    stop.abort();
    expect(await over).toBe("over");
  });

  test.each([-1, 0, 1])("is over after %s ms", async (ms) => {
    await longDelay(ms);
  });
});

describe("happensWithin()", () => {
  test("tells whether it was in time", async () => {
    expect(await happensWithin(MONTH_MS, delay(1))).toBe(true);
    expect(await happensWithin(1, new Promise(() => {}))).toBe(false);
  });
});
