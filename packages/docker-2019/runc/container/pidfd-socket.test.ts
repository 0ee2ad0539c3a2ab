import { closeSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { acceptUnix, listenUnix, recvFds } from "@eras/linux/fd-passing.ts";
import { expect, test } from "vitest";
import { message, missing, OURS, runtime } from "../testsuite/on-bundle.ts";
import { outcome } from "../testsuite/outcome.ts";

test.skipIf(missing)("--pidfd-socket gets the process of a container, and that of an exec", () => {
  const container = runtime(OURS);
  const socket = join(container.bundle, "pidfd");
  const listening = listenUnix(socket);
  const received = () => {
    const connection = acceptUnix(listening);
    const { data, fds } = recvFds(connection, 1);
    const [, pid] = /^Pid:\t(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fds[0]}`, "utf8"))!;
    for (const fd of [connection, fds[0]!]) closeSync(fd);
    return [data.toString(), Number(pid)];
  };
  const call = (...args: string[]) => outcome(container, args).status;
  expect(call("run", "--detach", "--pidfd-socket", socket, container.id)).toBe(0);
  expect(received()).toEqual(["standard", JSON.parse(outcome(container, ["state", container.id]).stdout).pid]);
  const file = join(container.bundle, "pid");
  const flags = ["--detach", "--pidfd-socket", socket, "--pid-file", file];
  expect(call("exec", ...flags, container.id, "/bin/sleep", "100")).toBe(0);
  expect(received()).toEqual(["setns", Number(readFileSync(file, "utf8"))]);
  closeSync(listening);
});

test.skipIf(missing)("--pidfd-socket on which nobody listens is told of, and nothing is left", () => {
  const container = runtime(OURS);
  const failure = outcome(container, ["create", "--pidfd-socket", "/none", container.id]);
  expect([failure.status, message(failure)]).toEqual([
    1,
    "runc create failed: failed to dial /none: no such file or directory",
  ]);
  expect(message(outcome(container, ["state", container.id]))).toBe("container does not exist");
});
