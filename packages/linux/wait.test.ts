import { type ChildProcess, spawn } from "node:child_process";
import { describe, expect, test } from "vitest";
import { kill } from "./signals.ts";
import { decodeStatus, WCONTINUED, WNOHANG, WUNTRACED, waitpid } from "./wait.ts";

const SIGKILL = 9;
const SIGCONT = 18;
const SIGSTOP = 19;

/** A child that Node forgets, because the tests wait for it. */
function start(script: string): number {
  const child: ChildProcess = spawn("sh", ["-c", script], { stdio: "ignore" });
  child.unref();
  return child.pid!;
}

const waitFor = (pid: number, options = 0) => decodeStatus(waitpid(pid, options)!.status);

describe("waitpid()", () => {
  test("tells the exit code", () => {
    expect(waitFor(start("exit 0"))).toEqual({ kind: "exited", code: 0 });
    expect(waitFor(start("exit 3"))).toEqual({ kind: "exited", code: 3 });
    expect(waitFor(start("exit 255"))).toEqual({ kind: "exited", code: 255 });
  });

  test("tells the signal that ended a child", () => {
    expect(waitFor(start("kill -TERM $$"))).toEqual({ kind: "signaled", signal: 15, coreDumped: false });
    expect(waitFor(start("ulimit -c 0; kill -SEGV $$"))).toEqual({ kind: "signaled", signal: 11, coreDumped: false });
  });

  test("tells of stopping and going on, when asked", () => {
    const pid = start("exec sleep 60");
    kill(pid, SIGSTOP);
    expect(waitFor(pid, WUNTRACED)).toEqual({ kind: "stopped", signal: SIGSTOP });
    kill(pid, SIGCONT);
    expect(waitFor(pid, WCONTINUED)).toEqual({ kind: "continued" });
    kill(pid, SIGKILL);
    expect(waitFor(pid)).toEqual({ kind: "signaled", signal: SIGKILL, coreDumped: false });
  });

  test("returns at once with WNOHANG", () => {
    const pid = start("exec sleep 60");
    expect(waitpid(pid, WNOHANG)).toBeUndefined();
    kill(pid, SIGKILL);
    expect(waitpid(pid)!.pid).toBe(pid);
  });

  test("fails for a child that was waited for", () => {
    const pid = start("exit 0");
    waitpid(pid);
    expect(() => waitpid(pid)).toThrow("waitpid: ECHILD");
  });
});

describe("decodeStatus()", () => {
  test.each([
    [0x0000, { kind: "exited", code: 0 }],
    [0x2a00, { kind: "exited", code: 42 }],
    [0x0009, { kind: "signaled", signal: 9, coreDumped: false }],
    [0x008b, { kind: "signaled", signal: 11, coreDumped: true }],
    [0x0040, { kind: "signaled", signal: 64, coreDumped: false }],
    [0x137f, { kind: "stopped", signal: 19 }],
    [0xffff, { kind: "continued" }],
  ])("reads 0x%s", (status, expected) => expect(decodeStatus(status)).toEqual(expected));
});
