import { Script } from "node:vm";
import { describe, expect, test } from "vitest";
import { readRuns } from "./page/read-runs.ts";
import { viewerPage } from "./page.ts";
import { FORMAT, type RecordedRun } from "./recorded-run.ts";
import { linkScript } from "./script.ts";

const RUN: RecordedRun = {
  format: FORMAT,
  era: "2013",
  events: [
    {
      ...{ seq: 0, t_ns: 1, actor: "docker", pid: 1, ppid: 0, span: "a", kind: "begin", name: "docker" },
      args: { argv: ["run", "</script><script>alert(1)</script>", "<b>"] },
    },
  ],
  steps: {},
  meanings: {},
  sources: { "a.ts": "const html = '</script>';" },
  claims: {},
};

describe("viewerPage()", () => {
  const page = viewerPage([RUN], { step: "x" });

  test("holds the run, whatever is written in it, and nothing of that is markup", () => {
    expect(readRuns(page)).toEqual([RUN]);
    expect(page.match(/<\/script>/g)).toHaveLength(2);
    expect(page).not.toContain("<b>");
  });
  test("allows itself no network", () => expect(page).toContain("default-src 'none'"));
  test("names no other file", () => expect(page).not.toMatch(/<link rel="stylesheet|<script src|@import|\burl\((?!#)/));
});

describe("readRuns()", () => {
  test("reads a bare run, too", () => expect(readRuns(JSON.stringify(RUN))).toEqual([RUN]));
  test.each(["", "{}", "[1]", '{"traceEvents":[]}', "<html>"])("refuses %j", (text) => {
    expect(() => readRuns(text)).toThrow("expected a page that was made by --trace=FILE.html");
  });
});

describe("linkScript()", () => {
  test("makes one script of the page's modules", () => expect(() => new Script(linkScript())).not.toThrow());
  test("leaves no type and no import in it", () => {
    expect(linkScript()).not.toMatch(/^\s*(import|export|interface)\b/m);
  });
  test("refuses a module that it can't link", () => {
    expect(() => linkScript("../claims.ts")).toThrow("Cannot link page/../claims.ts: import");
  });
});
