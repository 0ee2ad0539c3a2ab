import { describe, expect, test } from "vitest";
import { inChild } from "./in-child.ts";

const HEAD = `
  import { mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
  import { MS_BIND, MS_PRIVATE, MS_REC, mount } from "./mount.ts";
  import { CLONE_FS, CLONE_NEWNS, unshare } from "./namespaces.ts";
  import { mountProcesses, openProcRoot, writeProcFile } from "./procfs.ts";
  const refused = (path) => { try { writeProcFile(path, "new"); } catch (error) { report(error.message); } };
  unshare(CLONE_FS | CLONE_NEWNS);
  mount("none", "/", "", MS_REC | MS_PRIVATE);
`;

describe("writeProcFile()", () => {
  test("writes to the kernel", () => {
    expect(
      inChild(
        `${HEAD} writeProcFile("thread-self/comm", "new"); report(readFileSync("/proc/thread-self/comm", "utf8"));`,
      ),
    ).toEqual(["new\n"]);
  });

  test("knows a file that is no proc's", () => {
    const outcome = inChild(`${HEAD}
      mount("tmpfs", "/proc", "tmpfs", 0);
      mkdirSync("/proc/thread-self");
      writeFileSync("/proc/thread-self/comm", "");
      refused("thread-self/comm");
    `);
    expect(outcome).toEqual(["Cannot use /proc/thread-self/comm: /proc is not the root of a proc filesystem"]);
  });

  test("knows a directory of proc that isn't its root", () => {
    const outcome = inChild(`${HEAD} mount("/proc/self", "/proc", "", MS_BIND); refused("comm");`);
    expect(outcome).toEqual(["Cannot use /proc/comm: /proc is not the root of a proc filesystem"]);
  });

  test("crosses no mount", () => {
    const outcome = inChild(`${HEAD} mount("/proc/1/comm", "/proc/self/comm", "", MS_BIND); refused("self/comm");`);
    expect(outcome).toEqual(["openat2 self/comm: EXDEV"]);
  });

  test.each(["../etc/hostname", "self/root/etc/hostname", "self/cwd/x"])("does not leave it: %s", (path) => {
    const [message] = inChild(`${HEAD} refused("${path}");`);
    expect(message).toMatch(/: (EXDEV|ELOOP)$/);
  });
});

describe("openProcRoot()", () => {
  test("opens a proc filesystem, and nothing else", () => {
    const outcome = inChild(`${HEAD}
      symlinkSync("/proc", "/tmp/link-to-proc-" + process.pid);
      report(["/proc", "/proc/self", "/tmp", "/tmp/none", "/tmp/link-to-proc-" + process.pid].map((path) => openProcRoot(path) !== undefined));
      rmSync("/tmp/link-to-proc-" + process.pid);
    `);
    expect(outcome).toEqual([[true, false, false, false, false]]);
  });
});

describe("mountProcesses()", () => {
  test("shows processes and nothing of the kernel", () => {
    const [names] = inChild(`${HEAD} report(readdirSync("/proc/self/fd/" + mountProcesses()));`);
    expect(names).toEqual(expect.arrayContaining(["1", "self", "thread-self"]));
    expect(names).not.toContain("sys");
  });

  test("is refused in a user namespace that sees only a masked /proc", () => {
    const outcome = inChild(`${HEAD}
      import { _exit, fork } from "./fork.ts";
      import { CLONE_NEWPID, CLONE_NEWUSER } from "./namespaces.ts";
      import { waitpid } from "./wait.ts";
      const inChildOfOurs = (work) => {
        const child = fork();
        if (child !== 0) return waitpid(child);
        try { work(); } finally { _exit(0); }
      };
      const tried = () => inChildOfOurs(() => {
        unshare(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS);
        inChildOfOurs(() => report(mountProcesses() !== undefined));
      });
      tried();
      mount("tmpfs", "/proc/sys", "tmpfs", 0);
      tried();
    `);
    expect(outcome).toEqual([true, false]);
  });
});
