import { describe, expect, test } from "vitest";
import { toChromeTrace } from "./chrome.ts";
import type { TraceEvent } from "./event.ts";
import type { Step } from "./step.ts";
import { byTime, parseSpool, Timeline } from "./timeline.ts";

const STEPS: Record<string, Step> = {
  "dockerd.find-image": {
    actor: "dockerd",
    title: "Finds the image",
    titleZh: "查找镜像",
    article: "001",
    heading: "查找镜像",
    rows: ["001.20"],
    number: 2,
  },
};

function event(span: string, ms: number, rest: Partial<TraceEvent>): TraceEvent {
  const actor = span === "client" ? "docker" : "dockerd";
  return {
    run: "r",
    seq: 0,
    t_ns: 5e9 + ms * 1e6,
    actor,
    pid: span === "client" ? 10 : 20,
    ppid: 1,
    span,
    kind: "point",
    name: "x",
    ...rest,
  };
}

const RUN: TraceEvent[] = [
  event("client", 0, { kind: "begin", name: "docker", args: { argv: ["run", "busybox"] } }),
  event("client", 1, {
    kind: "send",
    name: "rcli",
    msg: { channel: "rcli", from: "docker", to: "dockerd", id: "1-2", summary: "[…]" },
  }),
  event("request", 2, { kind: "begin", name: "dockerd", parent: "client" }),
  event("request", 3, {
    kind: "recv",
    name: "rcli",
    parent: "client",
    msg: { channel: "rcli", from: "docker", to: "dockerd", id: "1-2", summary: "[…]" },
  }),
  event("request", 4, {
    name: "dockerd.find-image",
    step: "dockerd.find-image",
    parent: "client",
    file: "a.ts",
    line: 7,
    args: { name: "busybox" },
  }),
  event("request", 5, {
    kind: "kernel",
    name: "mount",
    parent: "client",
    args: { args: ["none", "/m", "overlay", 0, null], result: 0 },
  }),
  event("request", 6, { kind: "end", name: "dockerd", parent: "client" }),
  event("client", 7, { kind: "end", name: "docker" }),
];

describe("parseSpool()", () => {
  test("orders by time and leaves out a line that was cut off", () => {
    const lines = [RUN[1], RUN[0]].map((e) => JSON.stringify(e));
    expect(parseSpool(`${lines.join("\n")}\n{"run":"r","se`)).toEqual([RUN[0], RUN[1]]);
  });
  test("keeps a process's own order at equal times", () => {
    const [first, second] = [event("client", 1, { seq: 1 }), event("client", 1, { seq: 2 })];
    expect([second, first].sort(byTime)).toEqual([first, second]);
  });
});

describe("Timeline", () => {
  test("tells a run line by line", () => {
    const timeline = new Timeline({ steps: STEPS, callText: ({ call, result }) => `${call}(…) = ${result}` });
    const lines = RUN.map((e) => timeline.line(e));
    expect(lines[0]).toBe("     0.0 ms  docker           ┌ docker (pid 10): run busybox");
    expect(lines[4]).toMatch(/^ {5}4\.0 ms {4}dockerd {8}▸ 2\. Finds the image \(name busybox\) +a\.ts:7$/);
    expect(lines[5]).toContain("mount(…) = 0");
  });
  test("tells it in Chinese", () => {
    expect(new Timeline({ steps: STEPS, language: "zh", callText: ({ call }) => call }).line(RUN[4]!)).toContain(
      "2. 查找镜像",
    );
  });
});

describe("toChromeTrace()", () => {
  const { traceEvents } = toChromeTrace(RUN, STEPS);
  const slices = traceEvents.filter((e) => e.ph === "X") as unknown as {
    tid: number;
    ts: number;
    dur: number;
    name: string;
  }[];

  test("makes slices that nest within each thread", () => {
    for (const a of slices) {
      for (const b of slices.filter((other) => other !== a && other.tid === a.tid)) {
        const apart = a.ts + a.dur <= b.ts || b.ts + b.dur <= a.ts;
        const inside = (x: typeof a, y: typeof a) => x.ts >= y.ts && x.ts + x.dur <= y.ts + y.dur;
        expect(apart || inside(a, b) || inside(b, a), `${a.name} and ${b.name}`).toBe(true);
      }
    }
  });
  test("binds both ends of a message to a slice of its side", () => {
    const flows = traceEvents.filter((e) => e.ph === "s" || e.ph === "f");
    expect(flows.map((e) => [e.ph, e.id, e.pid])).toEqual([
      ["s", "1-2", 10],
      ["f", "1-2", 20],
    ]);
    for (const flow of flows) {
      const around = slices.filter(
        (s) => s.tid === flow.tid && s.ts <= Number(flow.ts) && Number(flow.ts) <= s.ts + s.dur,
      );
      expect(around).not.toEqual([]);
    }
  });
});
