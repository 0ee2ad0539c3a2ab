import { spawn } from "node:child_process";
import { closeSync, readlinkSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { inChild } from "./in-child.ts";
import { pidfdGetfd, pidfdOpen, pidfdSendSignal } from "./pidfd.ts";
import { POLLIN, poll } from "./poll.ts";
import { waitpid } from "./wait.ts";

describe("pidfdOpen()", () => {
  test("becomes readable when the process ends", () => {
    const child = spawn("sleep", ["60"]);
    child.unref();
    const pidFd = pidfdOpen(child.pid!);
    expect(poll([{ fd: pidFd, events: POLLIN }], 0)).toEqual([0]);
    pidfdSendSignal(pidFd, 15);
    expect(poll([{ fd: pidFd, events: POLLIN }], 10_000)).toEqual([POLLIN]);
    waitpid(child.pid!);
    expect(() => pidfdSendSignal(pidFd, 0)).toThrow("pidfd_send_signal: ESRCH");
    closeSync(pidFd);
  });

  test("fails for a process that does not exist", () => {
    expect(() => pidfdOpen(2 ** 22 + 1)).toThrow("pidfd_open");
  });

  test("lets setns join several namespaces at once", () => {
    const [joined] = inChild(`
      import { spawn } from "node:child_process";
      import { CLONE_NEWIPC, CLONE_NEWUTS, namespaceId, setns } from "./namespaces.ts";
      import { pidfdOpen } from "./pidfd.ts";
      const holder = spawn("unshare", ["-u", "-i", "cat"]);
      holder.stdin.write("ready\\n");
      holder.stdout.once("data", () => {
        setns(pidfdOpen(holder.pid), CLONE_NEWUTS | CLONE_NEWIPC);
        report(["uts", "ipc"].map((kind) => namespaceId("self", kind) === namespaceId(holder.pid, kind)));
        holder.stdin.end();
      });
    `);
    expect(joined).toEqual([true, true]);
  });
});

describe("pidfdGetfd()", () => {
  test("copies a descriptor out of another process", () => {
    const child = spawn("sleep", ["60"], { stdio: ["pipe", "ignore", "ignore"] });
    const pidFd = pidfdOpen(child.pid!);
    const copy = pidfdGetfd(pidFd, 0);
    expect(readlinkSync(`/proc/self/fd/${copy}`)).toBe(readlinkSync(`/proc/${child.pid}/fd/0`));
    expect(() => pidfdGetfd(pidFd, 77)).toThrow("pidfd_getfd: EBADF");
    for (const fd of [copy, pidFd]) closeSync(fd);
    child.kill();
  });
});
