/** What the types can't hold: each step is emitted by the first line of a function, and each has its words in both languages. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Step } from "@eras/trace/step.ts";
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

/** A function's or a method's last line before its body. */
const FUNCTION_BEGINS =
  /^(?:export )?(?:async )?function .*\{$|^ {2}(?!(?:if|for|while|switch|try)\b)(?:static |async )*#?\w+\(.*\{$|^(?: {2})?\): .*\{$/;

describe("the steps of 2019", () => {
  test("are all emitted, and no other is", () => {
    expect(new Set(emissions().map(({ id }) => id))).toEqual(new Set(Object.keys(STEPS)));
  });

  test.each(emissions())("$id in $place is the first line of a function", ({ before }) => {
    expect(before).toMatch(FUNCTION_BEGINS);
  });

  test.each(Object.entries(STEPS))("%s is told in English and in Chinese", (_, { title, titleZh, rows }) => {
    expect(title).toMatch(/^[A-Z][\x20-\x7e]+[^.]$/);
    expect(titleZh).toMatch(/\p{Script=Han}/u);
    expect(rows).not.toEqual([]);
    for (const row of rows) expect(row).toMatch(/^00[0-4]\.\d{2,3}$/);
  });

  test.each([
    ["000", "the duties of a runtime", [1, 2, 3, 4, 5, 6, 7, 8]],
    ["001", "the steps of a run", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]],
    ["002", "the making of a bundle", [1, 2, 3, 4, 5, 6, 7, 8]],
  ])("are, of the list in article %s, %s", (article, _, expected) => {
    const numbers = Object.values<Step>(STEPS).flatMap((step) => (step.article === article && step.number) || []);
    expect(numbers.toSorted((a, b) => a - b)).toEqual(expected);
  });
});
