import { readFileSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { TraceEvent } from "@eras/trace/event.ts";
import { readRuns } from "@eras/viewer/page/read-runs.ts";
import { expect, test } from "vitest";
import { placeOf, writeRunPage } from "./run-page.ts";

const EVENT: TraceEvent = {
  run: "run", seq: 0, t_ns: 1, actor: "dockerd", pid: 7, ppid: 1, span: "a", kind: "point", name: "dockerd.start", step: "dockerd.start",
}; // biome-ignore format: one event

test("a run's page has its events, and an answer leads to the step that it asks for", () => {
  const page = writeRunPage("13-04", "2013 run busybox", [EVENT], "zh");
  try {
    const html = readFileSync(page, "utf8");
    expect(html).toContain('lang="zh"');
    expect(readRuns(html)[0]!.events.map(({ step }) => step)).toEqual(["dockerd.start"]);
  } finally {
    rmSync(dirname(fileURLToPath(page)), { recursive: true });
  }
  const item = { id: "x", ask: "?", why: "." };
  expect(placeOf({ ...item, answer: "run.isBefore('dockerd.start', 'init.exec')" }, page.href)).toBe(
    `${page.href}#dockerd.start`,
  );
  expect(placeOf({ ...item, answer: "run.actors.length" }, page.href)).toBe(page.href);
});
