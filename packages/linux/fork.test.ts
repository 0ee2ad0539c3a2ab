import { spawnSync } from "node:child_process";
import { mkdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { SINGLE_THREADED } from "./fork.ts";
import { nodeArguments } from "./in-child.ts";
import { readMountinfo } from "./mountinfo.ts";

const cgroup2 = readMountinfo().find(({ type }) => type === "cgroup2")?.mountPoint;

/** What a Node that was started for it writes, in single-threaded mode, as programs that fork are started. */
function inForker(source: string): string {
  const args = [...SINGLE_THREADED, ...nodeArguments(source)];
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: import.meta.dirname,
    timeout: 50_000,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`Node ended with ${status ?? signal}:\n${stderr}`);
  return stdout;
}

describe("fork()", () => {
  test("gives a child of one thread with a copy of the memory", () => {
    const stdout = inForker(`
      import { readdirSync, writeSync } from "node:fs";
      import { _exit, fork } from "./fork.ts";
      import { decodeStatus, waitpid } from "./wait.ts";
      const numbers = { kept: 41 };
      const pid = fork();
      numbers.kept++;
      if (pid === 0) {
        writeSync(1, \`child \${numbers.kept} \${readdirSync("/proc/self/task").length}\\n\`);
        _exit(7);
      }
      const ended = waitpid(pid);
      writeSync(1, \`parent \${numbers.kept} \${JSON.stringify(decodeStatus(ended.status))}\\n\`);
    `);
    expect(stdout).toBe('child 42 1\nparent 42 {"kind":"exited","code":7}\n');
  });

  test("tells a child the PID that its parent knows, though it is 1 to itself", () => {
    const stdout = inForker(`
      import { writeSync } from "node:fs";
      import { _exit, fork, forkedPid } from "./fork.ts";
      import { CLONE_NEWPID, unshare } from "./namespaces.ts";
      import { waitpid } from "./wait.ts";
      const middle = fork();
      if (middle === 0) {
        unshare(CLONE_NEWPID);
        const pid = fork();
        if (pid === 0) writeSync(1, \`\${forkedPid()} \`);
        else waitpid(pid);
        if (pid !== 0) writeSync(1, String(pid));
        _exit(0);
      }
      waitpid(middle);
    `);
    expect(stdout).toMatch(/^(\d+) \1$/);
    expect(stdout).not.toMatch(/^1 /);
  });

  test("gives a child that may enter a user namespace, as Node itself may not", () => {
    const stdout = inForker(`
      import { readlinkSync, writeSync } from "node:fs";
      import { _exit, fork } from "./fork.ts";
      import { CLONE_NEWTIME, CLONE_NEWUSER, unshare } from "./namespaces.ts";
      import { waitpid } from "./wait.ts";
      const before = readlinkSync("/proc/self/ns/user");
      const pid = fork();
      if (pid === 0) {
        unshare(CLONE_NEWUSER | CLONE_NEWTIME);
        writeSync(1, String(readlinkSync("/proc/self/ns/user") !== before));
        _exit(0);
      }
      waitpid(pid);
    `);
    expect(stdout).toBe("true");
  });

  test("gives a child whose garbage collector and compiler work, and children of its own", () => {
    const stdout = inForker(`
      import { writeSync } from "node:fs";
      import { _exit, fork } from "./fork.ts";
      import { waitpid } from "./wait.ts";
      const work = () => {
        let kept = [];
        for (let i = 0; i < 2_000_000; i++) {
          kept.push({ i, text: "x" + i });
          if (kept.length === 50_000) kept = [];
        }
        return kept.length;
      };
      const pid = fork();
      if (pid === 0) {
        const grandchild = fork();
        if (grandchild === 0) {
          writeSync(1, String(work()));
          _exit(0);
        }
        waitpid(grandchild);
        writeSync(1, \` \${work()}\`);
        _exit(0);
      }
      waitpid(pid);
    `);
    expect(stdout).toBe("0 0");
  });

  test.skipIf(cgroup2 === undefined)("gives a child that is born in a cgroup of v2", () => {
    const dir = join(cgroup2!, `docker-eras-test-${process.pid}`);
    mkdirSync(dir);
    try {
      const stdout = inForker(`
        import { openSync, readFileSync, writeSync } from "node:fs";
        import { _exit, fork } from "./fork.ts";
        import { waitpid } from "./wait.ts";
        const pid = fork(openSync(${JSON.stringify(dir)}, "r"));
        if (pid === 0) {
          writeSync(1, readFileSync("/proc/self/cgroup", "utf8"));
          _exit(0);
        }
        waitpid(pid);
      `);
      expect(stdout).toContain(`/docker-eras-test-${process.pid}\n`);
    } finally {
      rmdirSync(dir);
    }
  });

  test("leaves the children of a child their files, whatever numbers of Node's they have", () => {
    const stdout = inForker(`
      import { openSync, readlinkSync, writeSync } from "node:fs";
      import { closeFrom } from "./descriptors.ts";
      import { _exit, fork } from "./fork.ts";
      import { waitpid } from "./wait.ts";
      const child = fork();
      if (child === 0) {
        closeFrom(3);
        const files = Array.from({ length: 20 }, () => openSync("/dev/zero", "r"));
        const grandchild = fork();
        if (grandchild === 0) writeSync(1, String(files.filter((fd) => readlinkSync("/proc/self/fd/" + fd) === "/dev/zero").length));
        else waitpid(grandchild);
        _exit(0);
      }
      waitpid(child);
    `);
    expect(stdout).toBe("20");
  });

  test("succeeds each time", { timeout: 60_000 }, () => {
    const stdout = inForker(`
      import { writeSync } from "node:fs";
      import { _exit, fork } from "./fork.ts";
      import { waitpid } from "./wait.ts";
      let failed = 0;
      for (let i = 0; i < 300; i++) {
        const garbage = Array.from({ length: i * 10 }, (_, n) => ({ n }));
        const pid = fork();
        if (pid === 0) _exit(garbage.length === i * 10 ? 0 : 1);
        if (waitpid(pid).status !== 0) failed++;
      }
      writeSync(1, String(failed));
    `);
    expect(stdout).toBe("0");
  });
});
