import { describe, expect, test } from "vitest";
import { readArticles } from "./article-headings.ts";
import type { Chapter } from "./chapter.ts";
import { readLedger } from "./ledger.ts";
import { readersMap } from "./readers-map.ts";

const CHAPTER: Chapter = {
  id: "13-02",
  language: "zh",
  path: "13-02.zh.md",
  meta: { title: "带键盘的管道", minutes: 30, articles: ["001"] },
  sections: [{ id: "see", title: "看一看", text: "", line: 1 }],
  snippets: [],
  steps: [],
  viewers: [],
  commands: [],
  predictions: [],
  quiz: [],
};

describe("readersMap()", () => {
  const map = readersMap(readLedger(), readArticles(), [CHAPTER]);
  const rows = map.flatMap(({ headings }) => headings.flatMap((heading) => heading.rows));
  const row = (id: string) => rows.find((each) => each.id === id)!;

  test("has every row, under the articles' headings in their order", () => {
    expect(rows.map(({ id }) => id)).toEqual(readLedger().map(({ id }) => id));
    for (const { id, parts, headings } of readArticles())
      expect(map.find((article) => article.id === id)?.headings.map(({ heading }) => heading)).toEqual(
        headings.filter((heading) => !parts.includes(heading)),
      );
  });

  test("leads from a row to chapter, code, steps and proofs", () => {
    expect(row("001.10")).toMatchObject({
      claim: { zh: expect.stringContaining("DOCKER") },
      chapters: [{ id: "13-02", section: "see", title: { zh: "看一看" } }],
      code: ["packages/docker-2013/docker/main.ts"],
      steps: [{ id: "docker.call-tcp", title: { en: "The client connects to the daemon and sends its arguments" } }],
      proofs: [
        { kind: "steps", text: "steps" },
        { kind: "test" },
        { kind: "transcript", text: "transcript: 13-02/line" },
      ],
      status: "works",
      dot: "green",
    });
    expect(row("000.01").chapters).toEqual([{ id: "20-2", section: "genuine" }]); // not written yet
  });

  test("shows by its dot what is proven", () => {
    expect(row("001.126")).toMatchObject({ status: "corrected", erratum: "X14", dot: "green" });
    expect(row("001.71")).toMatchObject({ status: "corrected", dot: "grey" });
    expect(row("000.30")).toMatchObject({ status: "partly", dot: "amber" });
    expect(row("000.02")).toMatchObject({ status: "told", dot: "grey" });
  });
});
