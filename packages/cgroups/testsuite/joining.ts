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

    test.skipIf(name !== "v2")("joins the cgroup of another process where this one takes none", () => {
      const below = open(`${suite.cgroup.path}/child`);
      below.create(); // hands on controllers from here, so that processes may live below only
      const init = suite.startInside("exec sleep 1000", below);
      const exec = spawn("sleep", ["1000"]);
      try {
        expect(() => suite.cgroup.addProcess(exec.pid!)).toThrow(/cgroup.procs: EBUSY/);
        suite.cgroup.addProcess(exec.pid!, init.pid!);
        expect(below.pids()).toContain(exec.pid);
      } finally {
        exec.kill("SIGKILL");
      }
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
