import { describe, expect, test } from "vitest";
import { toChromeTrace } from "./chrome.ts";
import type { TraceEvent } from "./event.ts";
import { MessageFinder } from "./message.ts";
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

describe("Timeline on a terminal", () => {
  const screen = (columns: number, language: "en" | "zh" = "en") => {
    const timeline = new Timeline({ steps: STEPS, language, callText: ({ call }) => `${call}(${"x".repeat(90)}) = 0` });
    return RUN.map((e) => timeline.screenLines(e, columns));
  };

  test("puts a step's place below it, and a bar before what another program has caused", () => {
    expect(screen(100)[4]).toEqual([
      "     4.0 dockerd    │ ▸ 2. Finds the image",
      "                    │   a.ts:7  name busybox",
    ]);
  });
  test("tells of a message once", () => {
    const lines = screen(100);
    expect(lines[1]).toEqual(["     1.0 docker     → dockerd by rcli: […]"]);
    expect(lines[3]).toEqual([]);
  });
  test("says above all what the signs mean, the bars too", () => {
    const [names, bars] = new Timeline({ steps: STEPS, callText: () => "" }).screenHead(80);
    expect(names).toMatch(/^ +ms program +┌ begins {2}▸ step/);
    expect(bars).toMatch(/^ {20}│ one bar more/);
  });
  test.each([60, 80, 100])("stays within %d columns", (columns) => {
    const heads = (["en", "zh"] as const).map((language) =>
      new Timeline({ steps: STEPS, language, callText: () => "" }).screenHead(columns),
    );
    const lines = [...heads, ...screen(columns), ...screen(columns, "zh")].flat();
    for (const line of lines) expect(line.length).toBeLessThan(columns);
  });
});

describe("MessageFinder", () => {
  const ARROW = { title: "x", titleZh: "x", article: "004", heading: "x", rows: [], from: "docker", to: "dockerd" };
  const finder = new MessageFinder([
    { ...ARROW, number: 1, summary: /^POST/ },
    { ...ARROW, number: 2, from: "dockerd", to: "docker", summary: /^404/, answers: /^POST/ },
    { ...ARROW, number: 3, summary: /^POST/ },
  ]);
  const message = (id: string, summary: string, answers?: string) => {
    const [from, to] = answers === undefined ? ["docker", "dockerd"] : ["dockerd", "docker"];
    return event("client", 1, {
      kind: "send",
      msg: { channel: "http", from, to, id, summary, ...(answers !== undefined && { answers }) },
    });
  };
  const numberOf = (one: TraceEvent) => finder.find(one)?.number;

  test("finds an article's messages in their order, each by whoever tells of it", () => {
    const first = message("a", "POST /x");
    expect(numberOf(message("0", "GET /x"))).toBe(undefined);
    expect([first, first].map(numberOf)).toEqual([1, 1]);
    expect(numberOf(message("b", "404 Not Found", "GET /x"))).toBe(undefined);
    expect(numberOf(message("c", "404 Not Found", "POST /x"))).toBe(2);
    expect(numberOf(message("d", "POST /x"))).toBe(3);
    expect(numberOf(message("e", "POST /x"))).toBe(undefined);
  });
});

describe("toChromeTrace()", () => {
  const { traceEvents } = toChromeTrace(RUN, { steps: STEPS });
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
