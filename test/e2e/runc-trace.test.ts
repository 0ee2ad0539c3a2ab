/**
 * What runc tells of itself is true: each watched kernel call that strace sees of runc, bootstrap and init is claimed, in order, and none is
 * claimed that strace does not see. And it is complete: every declared step is told, in the order of steps.ts.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { OURS, type Runtime, runtime } from "@eras/docker-2019/runc/testsuite/on-bundle.ts";
import { STEPS, type StepId } from "@eras/docker-2019/steps.ts";
import type { Hook, Spec } from "@eras/oci-spec/runtime/config.ts";
import type { TraceEvent } from "@eras/trace/event.ts";
import { parseSpool } from "@eras/trace/timeline.ts";
import { describe, expect, onTestFinished, test } from "vitest";
import { callsOfChain } from "../harness/chain-under-strace.ts";
import { ConsoleSocket } from "../harness/console-socket.ts";
import { firstOfEach, lineOf } from "../harness/run-events.ts";
import { isPossibleHere } from "../harness/steps-2019.ts";
import { Strace } from "../harness/strace.ts";
import { expectSame } from "../harness/two-witnesses.ts";

const PATH = "/usr/sbin:/usr/bin";

interface Witnessed {
  readonly events: readonly TraceEvent[];
  /** What strace saw of runc's processes, as text. */
  readonly calls: string;
}

/** Runs lines of shell under strace, in which `runc` is ours and all its commands are one traced run. Both witnesses must agree. */
async function witness({ root, bundle }: Runtime, script: string): Promise<Witnessed> {
  const spool = join(bundle, "run.jsonl");
  writeFileSync(spool, "");
  const runc = `runc() { "${OURS}" --root "${root}" --log "${bundle}/log" "$@"; }`;
  const shell = ["/usr/bin/sh", "-e", "-c", `cd "${bundle}"\n${runc}\n${script}`];
  const seen = await Strace.run(shell, { PATH, ERAS_TRACE: spool });
  const events = parseSpool(readFileSync(spool, "utf8"));
  const witnessed = expectSame(events, callsOfChain(seen));
  return { events, calls: [...witnessed.values()].flat().join("\n") };
}

/** A bundle whose program is found by its path, so that strace and trace tell of one execve. */
function busybox(applet: readonly string[], change: (spec: Spec) => Spec = (spec) => spec): Runtime {
  return runtime(OURS, (spec) => change({ ...spec, process: { ...spec.process!, args: ["/bin/busybox", ...applet] } }));
}

const withUserNamespace = ({ linux, ...spec }: Spec): Spec => ({
  ...spec,
  linux: {
    ...linux,
    namespaces: [...(linux?.namespaces ?? []), { type: "user" }],
    uidMappings: [{ containerID: 0, hostID: 0, size: 65_536 }],
    gidMappings: [{ containerID: 0, hostID: 0, size: 65_536 }],
  },
});

const withFilter = ({ linux, ...spec }: Spec): Spec => ({
  ...spec,
  linux: {
    ...linux,
    seccomp: { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["chmod"], action: "SCMP_ACT_ERRNO" }] },
  },
});

const withTerminal = (spec: Spec): Spec => ({ ...spec, process: { ...spec.process!, terminal: true } });

const withSysctl = ({ linux, ...spec }: Spec): Spec => ({
  ...spec,
  linux: { ...linux, sysctl: { "net.ipv4.ip_forward": "1" } },
});

const withoutRlimits = (spec: Spec): Spec => ({ ...spec, process: { ...spec.process!, rlimits: [] } });

const mayGainPrivileges = (spec: Spec): Spec => ({ ...spec, process: { ...spec.process!, noNewPrivileges: false } });

/** A path for `--console-socket`, and somebody who listens there while the test runs. */
function listener({ bundle }: Runtime): string {
  const socket = new ConsoleSocket(join(bundle, "console.sock"));
  onTestFinished(() => socket.close());
  return socket.path;
}

const killAndDelete = ({ id }: Runtime) => `runc kill ${id} KILL; until runc delete ${id} 2>/dev/null; do :; done`;

describe("strace and the trace agree on", () => {
  test("run", async () => {
    const box = busybox(["true"]);
    const { calls } = await witness(box, `runc run ${box.id}`);
    for (const call of ["clone", "unshare", "setns", "mount", "umount2", "pivot_root", "execve", "prctl", "move_mount"])
      expect(calls).toContain(call);
  });

  test("create, start, exec, kill and delete", async () => {
    const box = busybox(["sleep", "1000"]);
    const exec = `runc exec ${box.id} /bin/busybox true`;
    const { calls } = await witness(box, `runc create ${box.id}; runc start ${box.id}; ${exec}; ${killAndDelete(box)}`);
    expect(calls).toMatch(/^kill \d+ SIGKILL$/m);
    expect(calls).toMatch(/^setns CLONE_NEWPID$/m);
  });

  test("a user namespace, and a mount of the container's own with mapped ids", async () => {
    const mapped = { destination: "/mapped", source: "rootfs/tmp", options: ["bind", "idmap"] };
    const box = busybox(["true"], (spec) => withUserNamespace({ ...spec, mounts: [...spec.mounts!, mapped] }));
    const { calls, events } = await witness(box, `runc run ${box.id}`);
    expect(calls).toContain("unshare CLONE_NEWUSER");
    for (const forked of ["copier", "mapping"])
      expect(events).toContainEqual(expect.objectContaining({ actor: forked }));
  });

  test.each([
    ["with no_new_privs, where it comes last", withFilter],
    ["without, where it comes before privileges are dropped", (spec: Spec) => withFilter(mayGainPrivileges(spec))],
  ])("a filter %s", async (_, change) => {
    const box = busybox(["sleep", "1000"], change);
    const start = `runc create ${box.id}; runc start ${box.id}; runc exec ${box.id} /bin/busybox true`;
    const { calls } = await witness(box, `${start}; ${killAndDelete(box)}`);
    expect(calls.match(/^seccomp$/gm)).toHaveLength(2);
  });

  test("a terminal", async () => {
    const box = busybox(["sleep", "1000"], withTerminal);
    const flags = `--console-socket ${listener(box)}`;
    const start = `runc create ${flags} ${box.id}; runc start ${box.id}`;
    const exec = `runc exec --tty --detach ${flags} ${box.id} /bin/busybox true`;
    const { events } = await witness(box, `${start}; ${exec}; ${killAndDelete(box)}`);
    expect(events.filter(({ step }) => step === "runc.open-console")).toHaveLength(2);
  });

  test("a program that is not there, and what undoes its container", async () => {
    const box = runtime(OURS, (spec) => ({ ...spec, process: { ...spec.process!, args: ["/bin/missing"] } }));
    const { calls } = await witness(box, `runc run ${box.id} || true`);
    expect(calls).not.toContain("execve /bin/missing");
  });
});

describe("a run that uses everything", () => {
  const hook: Hook = { path: "/bin/true" };
  const everything = (spec: Spec): Spec => ({
    ...withTerminal(withFilter(withSysctl(withUserNamespace(spec)))),
    hooks: { prestart: [hook], createRuntime: [hook], poststop: [hook] },
  });

  /** Its first event of each step, in the order of the run. */
  async function firstOfEachStep(): Promise<(TraceEvent & { step: StepId })[]> {
    const box = busybox(["sleep", "1000"], everything);
    const start = `runc create --console-socket ${listener(box)} ${box.id}; runc start ${box.id}`;
    const exec = `runc exec ${box.id} /bin/busybox true`;
    const { events } = await witness(box, `${start}; ${exec}; ${killAndDelete(box)}`);
    return firstOfEach<StepId>(events);
  }

  test("tells every declared step of runc, in the order of steps.ts, and where in the source it is performed", async () => {
    const told = await firstOfEachStep();
    const declared = Object.keys(STEPS).filter((id) => id.startsWith("runc."));
    expect(told.map(({ step }) => step)).toEqual(declared.filter(isPossibleHere));
    const duties = told.map(({ step }) => STEPS[step]).filter(({ article }) => article === "000");
    expect(duties.map(({ number }) => number).filter(Boolean)).toEqual(
      isPossibleHere("runc.set-label") ? [3, 4, 5, 6, 8, 7] : [3, 4, 5, 6, 7],
    );
    for (const event of told) {
      expect(STEPS[event.step].actor).toBe(event.actor);
      expect(lineOf(event), `${event.file}:${event.line}`).toContain(`step("${event.step}"`);
    }
  });
});

describe("runc --trace", () => {
  const LINE = /^ *\d+\.\d ms +(runc|bootstrap|init) +(?:[┌└▸◇]|\w+\(.*\) = )/;

  test("prints steps and kernel calls as they happen, beside the container's output", () => {
    const box = busybox(["echo", "hello"]);
    const { stdout, stderr, status } = box.call("--trace", "run", "-b", box.bundle, box.id);
    expect({ stdout, status }).toEqual({ stdout: "hello\n", status: 0 });
    const lines = stderr.trimEnd().split("\n");
    for (const line of lines) expect(line).toMatch(LINE);
    const times = lines.map((line) => Number.parseFloat(line));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(stderr).toMatch(
      /▸ The container's root becomes \/.* packages\/docker-2019\/runc\/rootfs\/rootfs.ts:\d+\n.*pivot_root\(/,
    );
    expect(stderr).toMatch(/▸ 000\/7 .*\n.*execve\("\/bin\/busybox", "\/bin\/busybox echo hello"\) = 0/);
  });

  test("traces create, start, exec and kill, each alone", () => {
    const box = busybox(["sleep", "1000"]);
    const stderr = join(box.bundle, "stderr");
    const traced = (...args: string[]) => {
      const shell = '"$@" >/dev/null 2>"$0"'; // a created container holds what it is given
      const { status } = spawnSync("sh", ["-c", shell, stderr, OURS, "--root", box.root, "--trace", ...args]);
      return { status, text: readFileSync(stderr, "utf8") };
    };
    expect(traced("create", "-b", box.bundle, box.id)).toEqual({
      status: 0,
      text: expect.stringContaining("pivot_root("),
    });
    expect(traced("start", box.id)).toEqual({
      status: 0,
      text: expect.stringContaining(STEPS["runc.open-fifo"].title),
    });
    const exec = traced("exec", box.id, "/bin/busybox", "sh", "-c", "exit 3");
    expect(exec).toEqual({ status: 3, text: expect.stringContaining('execve("/bin/busybox"') });
    expect(traced("kill", box.id, "KILL").text).toMatch(/kill\(\d+, SIGKILL\) = 0/);
  });

  test("=FILE.json writes the same for Perfetto", () => {
    const box = busybox(["true"]);
    const file = join(box.bundle, "run.json");
    const { stderr, status } = box.call(`--trace=${file}`, "run", "-b", box.bundle, box.id);
    expect({ stderr, status }).toEqual({
      stderr: expect.stringMatching(/^trace: \d+ events in .*run\.json; .*\n$/),
      status: 0,
    });
    const { traceEvents } = JSON.parse(readFileSync(file, "utf8")) as { traceEvents: { ph: string; args: object }[] };
    const names = traceEvents.filter(({ ph }) => ph === "M").map(({ args }) => args);
    for (const name of ["runc", "bootstrap", "init"]) expect(names).toContainEqual({ name });
  });

  test("leaves the command what it would have without: descriptors, limits, environment", () => {
    const box = busybox(["sh", "-c", "cat <&3; ulimit -n; env"], withoutRlimits);
    const input = join(box.bundle, "input");
    writeFileSync(input, "preserved\n");
    const output = (...flags: string[]) => {
      const shell = `ulimit -n 900; exec "$@" 3<"$0"`;
      const command = [OURS, "--root", box.root, ...flags, "run", "--preserve-fds", "1", "-b", box.bundle, box.id];
      return spawnSync("sh", ["-c", shell, input, ...command], { encoding: "utf8" }).stdout;
    };
    expect(output("--trace")).toBe(output());
    expect(output("--trace")).toMatch(/^preserved\n900\n/);
  });

  test("refuses a file of another kind, and one that can't be written", () => {
    const box = busybox(["true"]);
    expect(box.call("--trace=run.txt", "list")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("ends in .html"),
    });
    expect(box.call("--trace=/proc/x.json", "list")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("/proc/x.json"),
    });
  });
});
