import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inChild } from "./in-child.ts";
import { getrlimit, prlimit, RESOURCES, type ResourceLimit } from "./rlimits.ts";

/** The rows of /proc/PID/limits, by the numbers that this package gives the resources. */
function kernelLimits(pid: number | "self"): Record<string, ResourceLimit> {
  const value = (text: string) => (text === "unlimited" ? Infinity : Number(text));
  const rows = readFileSync(`/proc/${pid}/limits`, "utf8").matchAll(/^Max (.*?) {2,}(\w+) +(\w+)/gm);
  return Object.fromEntries(
    [...rows].map(([, name, soft, hard]) => [name!, { soft: value(soft!), hard: value(hard!) }]),
  );
}

describe("getrlimit()", () => {
  test.each([
    ["RLIMIT_CPU", "cpu time"],
    ["RLIMIT_FSIZE", "file size"],
    ["RLIMIT_DATA", "data size"],
    ["RLIMIT_STACK", "stack size"],
    ["RLIMIT_CORE", "core file size"],
    ["RLIMIT_RSS", "resident set"],
    ["RLIMIT_NPROC", "processes"],
    ["RLIMIT_NOFILE", "open files"],
    ["RLIMIT_MEMLOCK", "locked memory"],
    ["RLIMIT_AS", "address space"],
    ["RLIMIT_LOCKS", "file locks"],
    ["RLIMIT_SIGPENDING", "pending signals"],
    ["RLIMIT_MSGQUEUE", "msgqueue size"],
    ["RLIMIT_NICE", "nice priority"],
    ["RLIMIT_RTPRIO", "realtime priority"],
    ["RLIMIT_RTTIME", "realtime timeout"],
  ] as const)("reads %s as the kernel shows it: %s", (resource, row) => {
    expect(getrlimit(RESOURCES[resource])).toEqual(kernelLimits("self")[row]);
  });
});

describe("setrlimit()", () => {
  test("holds for what is started afterwards", () => {
    const [open, size] = inChild(`
      import { execFileSync } from "node:child_process";
      import { RESOURCES, setrlimit } from "./rlimits.ts";
      setrlimit(RESOURCES.RLIMIT_NOFILE, { soft: 100, hard: 200 });
      setrlimit(RESOURCES.RLIMIT_FSIZE, { soft: 2 ** 40, hard: Infinity });
      report(execFileSync("sh", ["-c", "ulimit -Sn; ulimit -Hn"], { encoding: "utf8" }));
      report(execFileSync("grep", ["file size", "/proc/self/limits"], { encoding: "utf8" }));
    `);
    expect(open).toBe("100\n200\n");
    expect(size).toMatch(/^Max file size +1099511627776 +unlimited/);
  });

  test("refuses a soft limit above the hard one", () => {
    const raise = `import { RESOURCES, setrlimit } from "./rlimits.ts"; setrlimit(RESOURCES.RLIMIT_NOFILE, { soft: 20, hard: 10 });`;
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
    const before = prlimit(pid, RESOURCES.RLIMIT_CORE);
    expect(prlimit(pid, RESOURCES.RLIMIT_CORE, { soft: 0, hard: before.hard })).toEqual(before);
    expect(kernelLimits(pid)["core file size"]).toEqual({ soft: 0, hard: before.hard });
  });

  test("takes numbers that only a bigint tells exactly", () => {
    prlimit(pid, RESOURCES.RLIMIT_DATA, { soft: 2n ** 53n + 1n, hard: 2n ** 64n - 1n });
    expect(readFileSync(`/proc/${pid}/limits`, "utf8")).toMatch(/^Max data size +9007199254740993 +unlimited/m);
  });

  test("fails for a process that does not exist", () => {
    expect(() => prlimit(2 ** 22 + 1, RESOURCES.RLIMIT_CORE)).toThrow("prlimit: ESRCH");
  });
});
