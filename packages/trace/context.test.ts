import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { emit, isTraced, traceEnvironment, traceRequest, traceSpan } from "./context.ts";
import { parseSpool } from "./timeline.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "eras-trace-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

function spool(name: string): string {
  const path = join(dir, name);
  writeFileSync(path, "");
  return path;
}

/** Runs `source` as a program, with the names it may use imported on its first line. */
function runProgram(source: string, env: Record<string, string>): string {
  const program = join(dir, "program.ts");
  const imports = `import { emit, endTracing, isTraced, startTracing, traceEnvironment } from "${import.meta.dirname}/context.ts";`;
  writeFileSync(program, `${imports}\n${source}`);
  return execFileSync(process.execPath, [program, "one", "two"], { env: { ...process.env, ...env }, encoding: "utf8" });
}

describe("startTracing()", () => {
  test("does nothing where the environment names no run", () => {
    expect(runProgram("console.log(startTracing('a'), isTraced()); emit('point', 'x');", {})).toBe("false false\n");
  });

  test("appends the program's events to the run's spool", () => {
    const path = spool("run-1.jsonl");
    runProgram("startTracing('lxc-start');\nemit('point', 'here');\nendTracing();", {
      ERAS_TRACE: path,
      ERAS_TRACE_PARENT: "cafe",
    });
    const events = parseSpool(readFileSync(path, "utf8"));
    expect(events.map((event) => [event.kind, event.name])).toEqual([
      ["begin", "lxc-start"],
      ["point", "here"],
      ["end", "lxc-start"],
    ]);
    expect(events[0]).toMatchObject({
      run: "run-1",
      parent: "cafe",
      actor: "lxc-start",
      ppid: process.pid,
      args: { argv: ["one", "two"] },
    });
    expect(events[1]!.file).toMatch(/program\.ts$/);
    expect(events[1]!.line).toBe(3);
    expect(new Set(events.map((event) => event.span)).size).toBe(1);
  });

  test("hides the run from programs that are started without traceEnvironment()", () => {
    const path = spool("run.jsonl");
    const output = runProgram(
      "startTracing('a'); console.log(process.env.ERAS_TRACE, traceEnvironment().ERAS_TRACE);",
      {
        ERAS_TRACE: path,
      },
    );
    expect(output).toBe(`undefined ${path}\n`);
  });
});

describe("traceRequest()", () => {
  test("keeps the events of requests that run at the same time apart", async () => {
    const [a, b] = [spool("a.jsonl"), spool("b.jsonl")];
    const request = (path: string, name: string) =>
      traceRequest(path, "dockerd", undefined, async () => {
        await new Promise(setImmediate);
        emit("point", name);
      });
    await Promise.all([request(a, "in-a"), request(b, "in-b")]);
    expect(parseSpool(readFileSync(a, "utf8")).map((event) => event.name)).toEqual(["dockerd", "in-a", "dockerd"]);
    expect(parseSpool(readFileSync(b, "utf8")).map((event) => event.name)).toEqual(["dockerd", "in-b", "dockerd"]);
    expect(isTraced()).toBe(false);
  });

  test("lets a span outlive the request that began it", async () => {
    const path = spool("run.jsonl");
    let finish = (): void => {};
    let monitor: Promise<void> = Promise.resolve();
    await traceRequest(path, "dockerd", "client", async () => {
      monitor = traceSpan("monitor", () => new Promise((resolve) => (finish = resolve)));
    });
    finish();
    await monitor;
    const events = parseSpool(readFileSync(path, "utf8"));
    expect(events.map((event) => `${event.kind} ${event.name}`)).toEqual([
      "begin dockerd",
      "begin monitor",
      "end dockerd",
      "end monitor",
    ]);
    expect(events[1]!.parent).toBe(events[0]!.span);
    expect(events[0]!.parent).toBe("client");
  });

  test("goes on when the reader has removed the spool, and does not make it again", async () => {
    const path = spool("run.jsonl");
    await traceRequest(path, "dockerd", undefined, async () => {
      rmSync(path);
      emit("point", "lost");
    });
    expect(() => readFileSync(path)).toThrow("ENOENT");
  });
});

test("traceEnvironment() is empty outside a run", () => expect(traceEnvironment()).toEqual({}));
