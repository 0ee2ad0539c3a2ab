import { describe, expect, test } from "vitest";
import { align } from "./page/align.ts";
import { RunModel } from "./page/run-model.ts";
import { FORMAT, type RecordedRun } from "./recorded-run.ts";

const MEANINGS = { image: { title: "Image", titleZh: "镜像" }, start: { title: "Start", titleZh: "启动" } };

/** A run of steps: `find-image:image` has a meaning, `find-route` has none. */
function run(era: string, ...steps: string[]): RunModel {
  const parsed = steps.map((text) => text.split(":") as [string, string?]);
  const recorded: RecordedRun = {
    format: FORMAT,
    era,
    events: parsed.map(([id], seq) => ({
      ...{ seq, t_ns: seq, actor: "x", pid: 1, ppid: 0, span: "a", kind: "point", name: id, step: id },
    })),
    steps: Object.fromEntries(
      parsed.map(([id, meaning]) => [
        id,
        { title: id, titleZh: id, article: "001", heading: "x", rows: [], ...(meaning && { meaning }) },
      ]),
    ),
    meanings: MEANINGS,
    sources: {},
    claims: {},
  };
  return new RunModel(recorded);
}

describe("align()", () => {
  test("lays steps of two eras side by side by what they are for, in the order of a run", () => {
    const left = run("2013", "find-image:image", "start:start");
    const right = run("2019", "start-task:start", "look-up:image", "start-runc:start");
    expect(align(left, right)).toEqual([
      { key: "image", sides: [[0], [1]] },
      { key: "start", sides: [[1], [0, 2]] },
    ]);
  });
  test("gives what only one of them has a row after what it followed", () => {
    const left = run("2013", "find-image:image", "start:start");
    const right = run("2019", "route", "look-up:image", "spec", "spec", "start-task:start");
    expect(align(left, right)).toEqual([
      { key: undefined, sides: [[], [0]] },
      { key: "image", sides: [[0], [1]] },
      { key: undefined, sides: [[], [2, 3]] },
      { key: "start", sides: [[1], [4]] },
    ]);
  });
  test("lays runs of one era side by side by their steps", () => {
    expect(align(run("2019", "a", "b"), run("2019", "a", "c"))).toEqual([
      { key: "a", sides: [[0], [0]] },
      { key: undefined, sides: [[1], []] },
      { key: undefined, sides: [[], [1]] },
    ]);
  });
});
