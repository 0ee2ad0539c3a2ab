import { execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { IOPRIO_CLASSES, ioprioSet, SCHED_POLICIES, schedSetaffinity, schedSetattr } from "./scheduling.ts";

const sleeper = spawn("sleep", ["60"]);
const pid = sleeper.pid!;
afterAll(() => sleeper.kill());

function told(program: string): string {
  return execFileSync(program, ["-p", String(pid)], { encoding: "utf8" }).trim();
}

describe("schedSetattr()", () => {
  test("sets each policy with its numbers", () => {
    schedSetattr(pid, { policy: SCHED_POLICIES.SCHED_FIFO, priority: 5 });
    expect(told("chrt")).toMatch(/SCHED_FIFO\n.*priority: 5$/);
    const [runtime, deadline, period] = [1_000_000, 5_000_000, 10_000_000];
    schedSetattr(pid, { policy: SCHED_POLICIES.SCHED_DEADLINE, runtime, deadline, period });
    expect(told("chrt")).toMatch(/SCHED_DEADLINE\n(?:.*\n)*.*: 1000000\/5000000\/10000000$/);
    schedSetattr(pid, { policy: SCHED_POLICIES.SCHED_OTHER, nice: -3 });
    expect(told("chrt")).toMatch(/SCHED_OTHER/);
    expect(execFileSync("ps", ["-o", "ni=", "-p", String(pid)], { encoding: "utf8" }).trim()).toBe("-3");
  });

  test("refuses numbers that the policy has no use for", () => {
    expect(() => schedSetattr(pid, { policy: SCHED_POLICIES.SCHED_FIFO })).toThrow("sched_setattr: EINVAL");
  });
});

describe("ioprioSet()", () => {
  test("sets class and level", () => {
    ioprioSet(pid, IOPRIO_CLASSES.IOPRIO_CLASS_RT, 3);
    expect(told("ionice")).toBe("realtime: prio 3");
  });
});

describe("schedSetaffinity()", () => {
  test("restricts to processors that there are", () => {
    schedSetaffinity(pid, [0]);
    expect(readFileSync(`/proc/${pid}/status`, "utf8")).toMatch(/^Cpus_allowed_list:\t0$/m);
    expect(() => schedSetaffinity(pid, [5000])).toThrow("sched_setaffinity: EINVAL");
  });
});
