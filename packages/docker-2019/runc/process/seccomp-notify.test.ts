import { describe, expect, test } from "vitest";
import { inFork } from "../testsuite/in-fork.ts";

const IMPORTS = `
  import { mkdirSync, mkdtempSync, readlinkSync, readSync, rmSync } from "node:fs";
  import { tmpdir } from "node:os";
  import { acceptUnix, listenUnix, recvFds } from "@eras/linux/fd-passing.ts";
  import { pipe } from "@eras/linux/pipe.ts";
  import { installSeccomp, loadSeccomp } from "./process/seccomp.ts";
  import { sendSeccompListener } from "./process/seccomp-notify.ts";
  const dir = mkdtempSync(tmpdir() + "/agent-");
  const path = dir + "/agent.sock";
  const filter = loadSeccomp({
    defaultAction: "SCMP_ACT_ALLOW", listenerPath: path, listenerMetadata: "data",
    syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_NOTIFY" }],
  });
  const state = { ociVersion: "1.2.0", id: "web", status: "creating", pid: 5, bundle: "/b" };
  const toParent = pipe(), toChild = pipe();
  const answer = Buffer.alloc(20);
  const answered = (fd) => answer.toString("utf8", 0, readSync(fd, answer));`;

/** The init: it installs the filter, says where its listener is, and waits until it has been taken. */
const INIT = `
  writeSync(toParent.writeEnd, String(installSeccomp(filter)));
  answered(toChild.readEnd);`;

describe("sendSeccompListener()", () => {
  test("sends the descriptor, with all that the agent has to know", () => {
    const outcome = inFork(
      IMPORTS,
      INIT,
      `const listening = listenUnix(path);
       sendSeccompListener({ pid, fd: Number(answered(toParent.readEnd)) }, filter.listener, state);
       const { data, fds } = recvFds(acceptUnix(listening), 2);
       report(fds.map((fd) => readlinkSync("/proc/self/fd/" + fd)));
       const message = JSON.parse(data);
       report({ ...message, pid: message.pid === pid });
       writeSync(toChild.writeEnd, "go on");
       rmSync(dir, { recursive: true });`,
    );
    const state = { ociVersion: "1.2.0", id: "web", status: "creating", pid: 5, bundle: "/b" };
    expect(outcome).toEqual([
      ["anon_inode:seccomp notify"],
      { ociVersion: "1.2.0", fds: ["seccompFd"], pid: true, metadata: "data", state },
    ]);
  });

  test("tells that nobody listens", () => {
    const outcome = inFork(
      IMPORTS,
      INIT,
      `try { sendSeccompListener({ pid, fd: Number(answered(toParent.readEnd)) }, filter.listener, state); }
       catch (error) { report(error.message.replace(dir, "")); }
       writeSync(toChild.writeEnd, "go on");
       rmSync(dir, { recursive: true });`,
    );
    expect(outcome).toEqual([
      "failed to connect with seccomp agent specified in the seccomp profile: dial unix /agent.sock: connect: no such file or directory",
    ]);
  });
});
