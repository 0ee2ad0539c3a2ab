import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { execve, findProgram, spawnChild } from "./exec.ts";
import { inChild, nodeArguments } from "./in-child.ts";

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "exec-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

function runChild(source: string, options: { input?: string } = {}) {
  return spawnSync(process.execPath, nodeArguments(source), { cwd: import.meta.dirname, encoding: "utf8", ...options });
}

const HAS_STRACE = spawnSync("strace", ["-V"]).status === 0;

/** Runs `source` under strace: the calls of the processes that strace wrote, oldest first, one line each. */
function straced(source: string, ...filter: string[]): string[] {
  const log = join(directory, "strace.log");
  const node = [process.execPath, ...nodeArguments(source)];
  const { status, stderr } = spawnSync("strace", ["-f", "-s", "64", "-o", log, ...filter, "--", ...node], {
    cwd: import.meta.dirname,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return readFileSync(log, "utf8").trimEnd().split("\n");
}

describe("execve()", () => {
  test("turns the process into another program: same PID, the given arguments and environment", () => {
    const { stdout, status } = runChild(`
      import { execve, restoreInheritedState } from "./exec.ts";
      console.log(process.pid);
      restoreInheritedState();
      execve("/bin/sh", ["my-sh", "-c", 'echo $$; echo "$0 $1"; env; exit 7', "zéro", "one 1"], { A: "ä b", B: undefined });
    `);
    const [before, after, args, ...env] = stdout.trimEnd().split("\n");
    expect(after).toBe(before);
    expect(args).toBe("zéro one 1");
    expect(env).toContain("A=ä b");
    expect(env.join()).not.toContain("B=");
    expect(status).toBe(7);
  });

  test("leaves the process as it was when it fails", () => {
    expect(() => execve("/no/such/program", ["x"], {})).toThrow("execve /no/such/program: ENOENT");
    expect(() => execve("/etc/passwd", ["x"], {})).toThrow("execve /etc/passwd: EACCES");
  });

  test("refuses what C would cut off", () => {
    expect(() => execve("/bin/true", ["a\0b"], {})).toThrow('Cannot pass "a\\u0000b" to C');
  });

  test("carries arguments by the hundred thousand", () => {
    const { stdout } = runChild(`
      import { execve, restoreInheritedState } from "./exec.ts";
      restoreInheritedState();
      const args = Array.from({ length: 100_000 }, (_, i) => String(i));
      execve("/bin/sh", ["sh", "-c", 'echo $# $1; shift 99999; echo $1', "sh", ...args], {});
    `);
    expect(stdout).toBe("100000 0\n99999\n");
  });
});

describe("prepareExecve()", () => {
  const SOURCE = `
    import { writeSync } from "node:fs";
    import { prepareExecve, restoreInheritedState } from "./exec.ts";
    restoreInheritedState();
    const become = prepareExecve("/bin/true", ["true"], process.env);
    writeSync(2, "from here on\\n");
    become();
  `;

  test.skipIf(!HAS_STRACE)("makes one call to the kernel and no other", () => {
    const calls = straced(SOURCE);
    const mark = calls.findIndex((line) => line.includes("from here on"));
    const pid = calls[mark]!.split(" ")[0]!;
    const next = calls.slice(mark + 1).filter((line) => line.startsWith(`${pid} `) && !line.includes("resumed>"));
    expect(next[0]).toContain('execve("/bin/true", ["true"]');
  });

  test("tells the trace before it is called", () => {
    const [reported] = inChild(`
      import { prepareExecve } from "./exec.ts";
      import { observeCalls } from "./libc.ts";
      observeCalls(report);
      prepareExecve("/bin/echo", ["echo", "hi"], {});
    `);
    expect(reported).toEqual({ call: "execve", args: ["/bin/echo", "echo hi"], result: 0 });
  });
});

describe("restoreInheritedState()", () => {
  const SHOW = "grep -E '^Sig(Ign|Blk)' /proc/self/status; ulimit -Sn; ls /proc/$$/fd";
  const executed = (before: string) =>
    runChild(`
      import { openSync } from "node:fs";
      import { execve, restoreInheritedState } from "./exec.ts";
      openSync("/dev/null");
      ${before}
      execve("/bin/sh", ["sh", "-c", ${JSON.stringify(SHOW)}], process.env);
    `).stdout.split("\n");

  test("leaves a program what a shell would give it", () => {
    expect(executed("restoreInheritedState();")).toEqual([
      "SigBlk:\t0000000000000000",
      "SigIgn:\t0000000000000000",
      "1024",
      ...["0", "1", "2", ""],
    ]);
  });

  test("is needed: Node's own state would go along", () => {
    const [ignored] = inChild(`
      import { readFileSync } from "node:fs";
      report(/SigIgn:\\s*(\\w+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]);
    `);
    expect(ignored).not.toBe("0000000000000000");
    expect(executed("")).toEqual([""]); // not even standard output is open
  });

  test("makes standard input wait again", () => {
    const { stdout } = runChild(`
      import { execve, restoreInheritedState } from "./exec.ts";
      import { setNonblocking } from "./pipe.ts";
      setNonblocking(0);
      restoreInheritedState();
      execve("/bin/sh", ["sh", "-c", "grep flags /proc/self/fdinfo/0"], process.env);
    `);
    const [, octal] = /flags:\t(\d+)/.exec(stdout)!;
    expect(Number.parseInt(octal!, 8) & 0o4000).toBe(0);
  });
});

describe("findProgram()", () => {
  beforeAll(() => {
    for (const name of ["first", "second", "root/bin"]) mkdirSync(join(directory, name), { recursive: true });
    writeFileSync(join(directory, "first", "tool"), "not executable", { mode: 0o644 });
    writeFileSync(join(directory, "second", "tool"), "#!/bin/sh\n", { mode: 0o755 });
    writeFileSync(join(directory, "root/bin/busybox"), "", { mode: 0o755 });
    symlinkSync("/bin/busybox", join(directory, "root/bin/applet"));
    symlinkSync("../../../../../../bin/sh", join(directory, "root/bin/escape"));
    chmodSync(join(directory, "first"), 0o755);
  });
  const path = () => `${directory}/first:${directory}/second`;

  test("takes the first directory that has the program", () => {
    expect(findProgram("sh", "/no/such/directory:/bin")).toBe("/bin/sh");
    expect(findProgram("tool", path())).toBe(`${directory}/second/tool`);
  });

  test("takes a name with a slash as it is", () => {
    expect(findProgram("/bin/sh", "")).toBe("/bin/sh");
    expect(() => findProgram("./sh", "/bin")).toThrow("execve ./sh: ENOENT");
  });

  test("tells a program that is not there from one that may not be executed", () => {
    expect(() => findProgram("no-such-tool", path())).toThrow("execve no-such-tool: ENOENT");
    expect(() => findProgram("tool", `${directory}/first`)).toThrow("execve tool: EACCES");
    expect(() => findProgram(directory, "")).toThrow("EACCES");
    expect(() => findProgram("", "/bin")).toThrow("ENOENT");
  });

  test("looks inside a root, whose links stay inside", () => {
    const root = join(directory, "root");
    expect(findProgram("applet", "/sbin:/bin", root)).toBe("/bin/applet");
    expect(() => findProgram("escape", "/bin", root)).toThrow("ENOENT"); // /bin/sh is the host's
    expect(() => findProgram("tool", path(), root)).toThrow("ENOENT");
  });
});

describe("spawnChild()", () => {
  test("starts a program by its name", () => {
    const [output] = inChild(`
      import { spawnChild } from "./exec.ts";
      spawnChild("sh", ["-c", 'echo "$0" "$1"', "a", "b"]).stdout.on("data", (data) => report(String(data)));
    `);
    expect(output).toBe("a b\n");
  });

  test("fails at once when there is no such program", () => {
    expect(() => spawnChild("no-such-tool", [])).toThrow("execve no-such-tool: ENOENT");
    expect(() => spawnChild("sh", [], { env: { PATH: directory } })).toThrow("execve sh: ENOENT");
  });

  const SOURCE = `
    import { spawnChild } from "./exec.ts";
    import { observeCalls } from "./libc.ts";
    observeCalls(({ args, ...call }) => console.log(JSON.stringify({ ...call, args })));
    report(spawnChild("true", ["x"], { stdio: "ignore" }).pid);
  `;

  test("tells the trace of the clone and of the child's execve", () => {
    const [clone, exec, pid] = inChild(SOURCE);
    const path = execFileSync("which", ["true"], { encoding: "utf8" }).trim();
    expect(clone).toEqual({ call: "clone", args: [0x0120_0011], result: pid });
    expect(exec).toEqual({ call: "execve", args: [path, "true x"], result: 0, pid });
  });

  test.skipIf(!HAS_STRACE)("claims what strace sees", () => {
    const calls = straced(SOURCE, "-e", "trace=clone,fork,vfork,execve").filter((line) => !line.includes("+++"));
    const clone = calls.findIndex((line) => line.includes("SIGCHLD") && line.includes("clone("));
    expect(calls[clone]).toContain("flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD");
    const child = calls.slice(clone + 1).filter((line) => line.includes("execve("));
    expect(child).toEqual([expect.stringMatching(/execve\(".*\/true", \["true", "x"\]/)]);
  });
});
