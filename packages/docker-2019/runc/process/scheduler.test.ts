import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { inFork } from "../testsuite/in-fork.ts";
import { parseCpuList } from "./scheduler.ts";

/** What a shell says that was started after `body`. */
function shellAfter(body: string, command: string): unknown[] {
  return inFork(
    `import { execve } from "@eras/linux/exec.ts";
     import { handOnDescriptors } from "./init/descriptors.ts";
     import { setCpuAffinity, setIoPriority, setPersonality, setScheduler } from "./process/scheduler.ts";`,
    `${body}
     handOnDescriptors(0);
     execve("/bin/sh", ["sh", "-c", ${JSON.stringify(command)}], { PATH: "/usr/bin:/bin" });`,
  );
}

describe("setScheduler()", () => {
  test("sets a policy with its niceness", () => {
    const outcome = shellAfter(
      `setScheduler({ policy: "SCHED_BATCH", nice: 7, flags: ["SCHED_FLAG_RESET_ON_FORK"] });`,
      "chrt -p $$ | sed 's/.*: //'; nice",
    );
    expect(outcome).toEqual(["SCHED_BATCH|SCHED_RESET_ON_FORK", 0, 7]);
  });

  test("tells why the kernel refuses", () => {
    const outcome = shellAfter(`setScheduler({ policy: "SCHED_FIFO", priority: 1000 });`, "true");
    expect(outcome).toEqual([{ error: "error setting scheduler: invalid argument" }]);
  });

  test("says that a deadline goes with all processors alone", () => {
    const deadline = `{ policy: "SCHED_DEADLINE", runtime: 42000, deadline: 1000000, period: 1000000 }`;
    const outcome = shellAfter(`setCpuAffinity(0, "0"); setScheduler(${deadline}, "0");`, "true");
    expect(outcome).toEqual([{ error: "process scheduler can't be used together with AllowedCPUs" }]);
  });
});

describe("setIoPriority()", () => {
  test("sets class and level", () => {
    const outcome = shellAfter(`setIoPriority({ class: "IOPRIO_CLASS_BE", priority: 6 });`, "ionice -p $$");
    expect(outcome).toEqual(["best-effort: prio 6"]);
  });
});

describe("setPersonality()", () => {
  test("makes a 32-bit machine of it", () => {
    const machine = execFileSync("setarch", ["linux32", "uname", "-m"], { encoding: "utf8" }).trim();
    expect(shellAfter(`setPersonality({ domain: "LINUX32" });`, "uname -m")).toEqual([machine]);
    expect(machine).toMatch(/^(i.86|armv.*)$/);
  });
});

describe("setCpuAffinity()", () => {
  test("restricts a process to a processor", () => {
    expect(shellAfter(`setCpuAffinity(0, "0");`, "nproc")).toEqual([1]);
  });
});

describe("parseCpuList()", () => {
  test("reads numbers and ranges", () => {
    expect(parseCpuList("0-3,7")).toEqual([0, 1, 2, 3, 7]);
  });

  test.each(["", "a", "3-1", "-1", "0-99999999", "1,,2"])("refuses %j", (list) => {
    expect(() => parseCpuList(list)).toThrow(/^Cannot read CPU list/);
  });
});
