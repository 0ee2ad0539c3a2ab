import { spawn } from "node:child_process";
import { closeSync, copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { inChild } from "./in-child.ts";
import { pidfdOpen } from "./pidfd.ts";
import { POLLIN, poll } from "./poll.ts";
import { childrenOf, hostPidOfSelf, processExists, readProcessStat } from "./proc.ts";
import { waitpid } from "./wait.ts";

const NO_PID = 2 ** 22 + 1;

describe("readProcessStat()", () => {
  test("tells what Node knows too", () => {
    expect(readProcessStat("self")).toMatchObject({ pid: process.pid, ppid: process.ppid, state: "R" });
    expect(readProcessStat("self").startTime).toBeGreaterThanOrEqual(readProcessStat(process.ppid).startTime);
  });

  test("is not misled by the program's name", () => {
    const directory = mkdtempSync(join(tmpdir(), "proc-"));
    const program = join(directory, "a) R 1 (b");
    copyFileSync("/bin/sleep", program);
    const child = spawn(program, ["60"], { detached: true });
    try {
      expect(readProcessStat(child.pid!)).toMatchObject({
        comm: "a) R 1 (b",
        ppid: process.pid,
        processGroup: child.pid,
        session: child.pid,
      });
    } finally {
      child.kill("SIGKILL");
      rmSync(directory, { recursive: true });
    }
  });

  test("fails for a process that does not exist", () => expect(() => readProcessStat(NO_PID)).toThrow("ENOENT"));
});

describe("processExists()", () => {
  test("knows a process by its PID and start time", () => {
    const { startTime } = readProcessStat("self");
    expect(processExists(process.pid)).toBe(true);
    expect(processExists(process.pid, startTime)).toBe(true);
    expect(processExists(process.pid, startTime + 1)).toBe(false);
    expect(processExists(NO_PID)).toBe(false);
  });

  test("does not count a zombie", () => {
    const child = spawn("true");
    child.unref();
    const pidFd = pidfdOpen(child.pid!);
    poll([{ fd: pidFd, events: POLLIN }], Infinity); // it has ended, and nobody has waited for it
    expect(readProcessStat(child.pid!).state).toBe("Z");
    expect(processExists(child.pid!)).toBe(false);
    waitpid(child.pid!);
    closeSync(pidFd);
  });
});

describe("childrenOf()", () => {
  test("lists children while they live", () => {
    const child = spawn("sleep", ["60"]);
    child.unref();
    expect(childrenOf("self")).toContain(child.pid);
    expect(childrenOf(process.pid)).toContain(child.pid);
    child.kill("SIGKILL");
    waitpid(child.pid!);
    expect(childrenOf("self")).not.toContain(child.pid);
  });

  test("is empty for a process that does not exist", () => expect(childrenOf(NO_PID)).toEqual([]));
});

describe("hostPidOfSelf()", () => {
  test("is the PID outside of a new PID namespace", () => {
    expect(hostPidOfSelf()).toBe(process.pid);
    const [inside, outside, expected] = inChild(`
      import { spawnSync } from "node:child_process";
      import { CLONE_NEWPID, unshare } from "./namespaces.ts";
      unshare(CLONE_NEWPID);
      const source = 'import { hostPidOfSelf } from "./proc.ts"; console.log([process.pid, hostPidOfSelf()].join())';
      const { stdout, pid } = spawnSync(process.execPath, ["--input-type=module", "-e", source], { encoding: "utf8" });
      const [inside, outside] = stdout.split(",").map(Number);
      report(inside);
      report(outside);
      report(pid);
    `);
    expect(inside).toBe(1);
    expect(outside).toBe(expected);
  });
});
