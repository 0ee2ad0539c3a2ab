/** What the types can't hold: each step is emitted by the first line of a function, and each has its words in both languages. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { STEPS } from "./steps.ts";

interface Emission {
  readonly id: string;
  readonly place: string;
  /** The line before. */
  readonly before: string;
}

/** Every `step("…")` of the sources. */
function emissions(): Emission[] {
  const files = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !file.includes("node_modules"),
  );
  return files.flatMap((file) => {
    const lines = readFileSync(join(import.meta.dirname, file), "utf8").split("\n");
    return lines.flatMap((line, i) => {
      const [, id] = /\bstep\("([^"]+)"/.exec(line) ?? [];
      return id === undefined ? [] : [{ id, place: `${file}:${i + 1}`, before: lines[i - 1]! }];
    });
  });
}

describe("the steps of 2019", () => {
  test("are all emitted, and no other is", () => {
    expect(new Set(emissions().map(({ id }) => id))).toEqual(new Set(Object.keys(STEPS)));
  });

  test.each(emissions())("$id in $place is the first line of a function", ({ before }) => {
    expect(before).toMatch(/^(?:export )?(?:async )?function .*\{$|^\): .*\{$/);
  });

  test.each(Object.entries(STEPS))("%s is told in English and in Chinese", (_, { title, titleZh, rows }) => {
    expect(title).toMatch(/^[A-Z][\x20-\x7e]+[^.]$/);
    expect(titleZh).toMatch(/\p{Script=Han}/u);
    expect(rows).not.toEqual([]);
    for (const row of rows) expect(row).toMatch(/^00[0-4]\.\d{2,3}$/);
  });

  test("are the duties that article 000 gives a runtime, but for the image's", () => {
    const numbers = Object.values(STEPS).flatMap(({ number }) => number ?? []);
    expect(numbers.toSorted()).toEqual([3, 4, 5, 6, 7, 8]);
  });
});
