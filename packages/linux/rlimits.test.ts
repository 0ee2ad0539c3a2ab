import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inChild } from "./in-child.ts";
import * as rlimits from "./rlimits.ts";

/** The rows of /proc/PID/limits, by the numbers that this package gives the resources. */
function kernelLimits(pid: number | "self"): Record<string, rlimits.ResourceLimit> {
  const value = (text: string) => (text === "unlimited" ? Infinity : Number(text));
  const rows = readFileSync(`/proc/${pid}/limits`, "utf8").matchAll(/^Max (.*?) {2,}(\w+) +(\w+)/gm);
  return Object.fromEntries(
    [...rows].map(([, name, soft, hard]) => [name!, { soft: value(soft!), hard: value(hard!) }]),
  );
}

describe("getrlimit()", () => {
  test.each([
    [rlimits.RLIMIT_CPU, "cpu time"],
    [rlimits.RLIMIT_FSIZE, "file size"],
    [rlimits.RLIMIT_DATA, "data size"],
    [rlimits.RLIMIT_STACK, "stack size"],
    [rlimits.RLIMIT_CORE, "core file size"],
    [rlimits.RLIMIT_RSS, "resident set"],
    [rlimits.RLIMIT_NPROC, "processes"],
    [rlimits.RLIMIT_NOFILE, "open files"],
    [rlimits.RLIMIT_MEMLOCK, "locked memory"],
    [rlimits.RLIMIT_AS, "address space"],
    [rlimits.RLIMIT_LOCKS, "file locks"],
    [rlimits.RLIMIT_SIGPENDING, "pending signals"],
    [rlimits.RLIMIT_MSGQUEUE, "msgqueue size"],
    [rlimits.RLIMIT_NICE, "nice priority"],
    [rlimits.RLIMIT_RTPRIO, "realtime priority"],
    [rlimits.RLIMIT_RTTIME, "realtime timeout"],
  ])("reads limit %d as the kernel shows it: %s", (resource, row) => {
    expect(rlimits.getrlimit(resource)).toEqual(kernelLimits("self")[row]);
  });
});

describe("setrlimit()", () => {
  test("holds for what is started afterwards", () => {
    const [open, size] = inChild(`
      import { execFileSync } from "node:child_process";
      import { RLIMIT_FSIZE, RLIMIT_NOFILE, setrlimit } from "./rlimits.ts";
      setrlimit(RLIMIT_NOFILE, { soft: 100, hard: 200 });
      setrlimit(RLIMIT_FSIZE, { soft: 2 ** 40, hard: Infinity });
      report(execFileSync("sh", ["-c", "ulimit -Sn; ulimit -Hn"], { encoding: "utf8" }));
      report(execFileSync("grep", ["file size", "/proc/self/limits"], { encoding: "utf8" }));
    `);
    expect(open).toBe("100\n200\n");
    expect(size).toMatch(/^Max file size +1099511627776 +unlimited/);
  });

  test("refuses a soft limit above the hard one", () => {
    const raise = `import { RLIMIT_NOFILE, setrlimit } from "./rlimits.ts"; setrlimit(RLIMIT_NOFILE, { soft: 20, hard: 10 });`;
    expect(() => inChild(raise)).toThrow("prlimit: EINVAL");
  });
});

describe("prlimit()", () => {
  let pid: number;
  beforeAll(() => {
    pid = spawn("sleep", ["60"]).pid!;
  });
  afterAll(() => process.kill(pid, "SIGKILL"));

  test("changes another process's limit and gives the one before", () => {
    const before = rlimits.prlimit(pid, rlimits.RLIMIT_CORE);
    expect(rlimits.prlimit(pid, rlimits.RLIMIT_CORE, { soft: 0, hard: before.hard })).toEqual(before);
    expect(kernelLimits(pid)["core file size"]).toEqual({ soft: 0, hard: before.hard });
  });

  test("takes numbers that only a bigint tells exactly", () => {
    rlimits.prlimit(pid, rlimits.RLIMIT_DATA, { soft: 2n ** 53n + 1n, hard: 2n ** 64n - 1n });
    expect(readFileSync(`/proc/${pid}/limits`, "utf8")).toMatch(/^Max data size +9007199254740993 +unlimited/m);
  });

  test("fails for a process that does not exist", () => {
    expect(() => rlimits.prlimit(2 ** 22 + 1, rlimits.RLIMIT_CORE)).toThrow("prlimit: ESRCH");
  });
});
