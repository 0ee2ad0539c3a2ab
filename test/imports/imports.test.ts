import { expect, test } from "vitest";
import { drawGraph, forbiddenImports, MAY_IMPORT } from "./graph.ts";

test("imports follow the graph", () => {
  expect(forbiddenImports(), drawGraph()).toEqual([]);
});

test("the graph has no cycle", () => {
  const visit = (area: string, path: readonly string[]): void => {
    expect(path, `cycle: ${[...path, area].join(" → ")}`).not.toContain(area);
    for (const next of MAY_IMPORT[area] ?? []) visit(next, [...path, area]);
  };
  for (const area of Object.keys(MAY_IMPORT)) visit(area, []);
});
