/** addProcess(), addCaller() and pids(): processes move into a cgroup, by somebody else or by themselves. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type CgroupSuite, exitCode, until } from "./suite.ts";

/** Declares the tests. */
export function joiningTests(suite: CgroupSuite): void {
  const { name, open } = suite;

  describe(`${name}: addProcess(), pids()`, () => {
    test("moves a process, whose children are born there", async () => {
      const child = suite.startInside("sleep 1000 & wait");
      await until(() => suite.cgroup.pids().length === 2);
      expect(suite.cgroup.pids()).toContain(child.pid);
    });

    test("lists the processes of children too", () => {
      const below = open(`${suite.cgroup.path}/child`);
      below.create();
      const child = suite.startInside("exec sleep 1000", below);
      expect(suite.cgroup.pids()).toEqual([child.pid]);
    });

    test("moves the process everywhere", () => {
      const child = suite.startInside("exec sleep 1000");
      const lists = suite.directories(suite.cgroup.path).map((dir) => readFileSync(`${dir}/cgroup.procs`, "utf8"));
      expect(new Set(lists)).toEqual(new Set([`${child.pid}\n`]));
    });

    test.skipIf(name !== "v2")("moves none into a cgroup that hands on controllers", () => {
      open(`${suite.cgroup.path}/child`).create();
      expect(() => suite.cgroup.addProcess(process.pid)).toThrow(/cgroup.procs: EBUSY/);
    });

    test("fails for a process that has ended", async () => {
      const child = spawn("true");
      await once(child, "exit");
      expect(() => suite.cgroup.addProcess(child.pid!)).toThrow(/Cannot write "\d+" to .*cgroup.procs: ESRCH/);
    });
  });

  describe(`${name}: addCaller()`, () => {
    test("has the caller's children born in the cgroup", async () => {
      const child = suite.startNode(`
        import { spawn } from "node:child_process";
        cgroup.addCaller();
        console.log(spawn("sleep", ["1000"]).pid);`);
      const [output] = await once(child.stdout!, "data");
      expect(suite.cgroup.pids()).toContain(Number(output));
    });

    test("moves the caller for good when it becomes another program", async () => {
      const child = suite.startNode(`
        cgroup.addCaller();
        process.execve("/bin/sleep", ["sleep", "1000"], {});`);
      await until(() => readFileSync(`/proc/${child.pid}/comm`, "utf8") === "sleep\n");
      expect(suite.cgroup.pids()).toEqual([child.pid]);
      await suite.cgroup.killAll();
      expect(await exitCode(child)).toBe("SIGKILL");
    });
  });
}
