/**
 * Ways out of a container that were once open in runc, tried for real. Those that lead through mounts and masks are in mount-attacks.test.ts,
 * masked-paths.test.ts, console.test.ts and sysctl.test.ts.
 */
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import { describe, expect, onTestFinished, test } from "vitest";
import { create, missing, OURS, type Runtime, runtime, start } from "../testsuite/on-bundle.ts";
import { outcome } from "../testsuite/outcome.ts";
import { ownClone } from "../testsuite/own-clone.ts";

const needs = missing ? ` (needs ${missing})` : "";

function withProcess(process: Partial<NonNullable<Spec["process"]>>): (spec: Spec) => Spec {
  return (spec) => ({ ...spec, process: { ...spec.process!, ...process } });
}

describe.skipIf(missing)(`runc's own program can't be overwritten (CVE-2019-5736)${needs}`, () => {
  /** What a file of the container comes to hold, which somebody in it is writing. */
  async function contents(container: Runtime, name: string, pattern: RegExp): Promise<string> {
    const path = join(container.bundle, "rootfs/tmp", name);
    await expect.poll(() => (existsSync(path) ? readFileSync(path, "utf8") : ""), { timeout: 30_000 }).toMatch(pattern);
    return readFileSync(path, "utf8");
  }

  /** As long as somebody runs it, the kernel says that it is busy. */
  const WRITE = `i=0; while [ $i -lt 100 ] && ! echo owned >> /proc/self/fd/5; do i=$((i+1)); sleep 0.1; done 2>> /tmp/errors`;

  /** With the host's libraries, so that Node runs in it, and with all that a process may do to another. */
  const withLibraries = (spec: Spec): Spec => ({
    ...spec,
    process: {
      ...spec.process!,
      capabilities: { bounding: CAPABILITIES, effective: CAPABILITIES, permitted: CAPABILITIES },
    },
    mounts: [
      ...spec.mounts!,
      ...["/usr", "/lib", "/lib64"].map((path) => ({
        destination: path,
        source: path,
        type: "bind",
        options: ["rbind", "ro"],
      })),
    ],
  });
  const CAPABILITIES = ["CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE", "CAP_KILL", "CAP_SYS_ADMIN"];

  test("by a container whose program it is", async () => {
    const attack = `
      const { openSync } = require("fs");
      const own = openSync("/proc/self/exe", "r");
      require("child_process").spawn("/bin/sh", ["-c", ${JSON.stringify(WRITE)}], { stdio: ["ignore", "ignore", "ignore", null, null, own] });
      process.execve("/bin/busybox", ["sleep", "100"]);`;
    const args = ["/proc/self/exe", "-e", attack];
    const container = runtime(OURS, (spec) => withProcess({ args })(withLibraries(spec)));
    const { program, node } = ownClone(join(container.bundle, "clone"));
    const before = statSync(node);
    expect(outcome({ ...container, program }, ["run", "--detach", container.id])).toEqual({
      status: 0,
      stdout: "",
      stderr: "",
    });
    await contents(container, "errors", /Read-only file system/);
    expect([statSync(node).size, statSync(node).mtimeMs]).toEqual([before.size, before.mtimeMs]);
  });

  test("by a process that looks at who enters", async () => {
    const lookout = `
      while :; do
        for exe in /proc/[0-9]*/exe; do
          case $(readlink $exe) in / | */node) exec 5< $exe && ${WRITE} && exit ;; esac
        done
      done`;
    const args = ["/bin/sh", "-c", lookout];
    const container = runtime(OURS, (spec) => withProcess({ args })(withLibraries(spec)));
    const { program, node } = ownClone(join(container.bundle, "clone"));
    const before = statSync(node);
    start(container);
    const exec = ["exec", container.id, "/proc/self/exe", "-e", "setTimeout(() => {}, 1000)"];
    expect(outcome({ ...container, program }, exec)).toEqual({ status: 0, stdout: "", stderr: "" });
    await contents(container, "errors", /Read-only file system/);
    expect([statSync(node).size, statSync(node).mtimeMs]).toEqual([before.size, before.mtimeMs]);
  });
});

describe.skipIf(missing)(`a descriptor is no way to a directory of the host (CVE-2024-21626)${needs}`, () => {
  const CWD = "/proc/self/fd/3";
  const OUTSIDE =
    "current working directory is outside of container mount namespace root -- possible container breakout detected";

  /** Nothing is open there any more, or something that the init needs itself. */
  const REFUSED = new RegExp(`${CWD}|${OUTSIDE}`);

  /** A directory of the host, open. */
  function hostDirectory({ bundle }: Runtime): number {
    const dir = join(bundle, "host");
    mkdirSync(dir);
    writeFileSync(join(dir, "secret"), "");
    const fd = openSync(dir, "r");
    onTestFinished(() => closeSync(fd));
    return fd;
  }

  const STEAL = ["/bin/sh", "-c", "test -e secret && exit 77"];

  test("which runc has inherited", () => {
    const container = runtime(OURS, withProcess({ cwd: CWD, args: STEAL }));
    const fds = [hostDirectory(container)];
    expect(outcome(container, ["run", container.id], { fds })).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(REFUSED),
    });
    const running = runtime(OURS);
    start(running);
    expect(outcome(running, ["exec", "--cwd", CWD, running.id, ...STEAL], { fds })).toMatchObject({
      ...{ status: 255, stderr: expect.stringMatching(REFUSED) },
    });
  });

  test("which the container's program is to have", () => {
    const container = runtime(OURS, withProcess({ cwd: CWD, args: STEAL }));
    const fds = [hostDirectory(container)];
    expect(outcome(container, ["run", "--preserve-fds", "1", container.id], { fds })).toMatchObject({
      ...{ status: 1, stderr: expect.stringContaining(OUTSIDE) },
    });
    const running = runtime(OURS);
    start(running);
    const exec = ["exec", "--preserve-fds", "1", "--cwd", CWD, running.id, ...STEAL];
    expect(outcome(running, exec, { fds })).toMatchObject({ status: 255, stderr: expect.stringContaining(OUTSIDE) });
  });

  test("of runc's own", () => {
    for (let fd = 3; fd < 13; fd++) {
      const container = runtime(OURS, withProcess({ cwd: `/proc/self/fd/${fd}`, args: ["/bin/sh", "-c", "exit 77"] }));
      expect(outcome(container, ["run", container.id]).status).toBe(1);
    }
  }, 60_000);

  const NO_PROC = (spec: Spec): Spec => ({
    ...spec,
    mounts: spec.mounts!.filter(({ destination }) => destination !== "/proc"),
    linux: { namespaces: spec.linux!.namespaces!.filter(({ type }) => type !== "pid") },
  });

  test("which an init holds that waits to be started", () => {
    const container = runtime(OURS);
    create(container);
    const look = `for fd in /proc/1/fd/*; do busybox ls $fd/../..; done; busybox cat /proc/1/environ`;
    const { stdout } = outcome(container, ["exec", container.id, "/bin/sh", "-c", look]);
    expect(stdout).toBe("");
  });

  test("which an init holds that waits, although the container has no /proc", () => {
    const container = runtime(OURS, NO_PROC);
    create(container);
    const { pid } = JSON.parse(container.call("state", container.id).stdout);
    const seen = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => listed(`/proc/${pid}/fd/${fd}/../..`));
    expect(seen).toContain("self");
    expect(seen).not.toContain("sys");
    expect(outcome(container, ["start", container.id])).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  function listed(path: string): string[] {
    try {
      return readdirSync(path);
    } catch {
      return []; // no directory
    }
  }
});
