import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { acceptUnix, listenUnix, recvFds } from "@eras/linux/fd-passing.ts";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import { describe, expect, test } from "vitest";
import { eventually, GENUINE, message, missing, OURS, type Runtime, runtime, start } from "../testsuite/on-bundle.ts";
import { CRIU, criuFailure } from "../testsuite/with-criu.ts";

/** Counts, ten times a second. */
const COUNT = "n=0; while :; do n=$((n+1)); echo $n > /tmp/n; sleep 0.1; done";

const counting = (spec: Spec): Spec => ({ ...spec, process: { ...spec.process!, args: ["sh", "-c", COUNT] } });

const count = ({ bundle }: Runtime) => Number(readFileSync(join(bundle, "rootfs/tmp/n"), "utf8"));
const images = ({ bundle }: Runtime) => join(bundle, "images");

/** A container that counts, and has come to at least 3. */
async function startCounting(program: string, change = counting): Promise<Runtime> {
  const each = runtime(program, change);
  for (const dir of ["data", "inner"]) mkdirSync(join(each.bundle, dir));
  start(each);
  await eventually(() => existsSync(join(each.bundle, "rootfs/tmp/n")) && count(each)).toBeGreaterThan(2);
  return each;
}

/** @param program - Whoever is to do it. */
function restore({ root, bundle, id }: Runtime, program: string, ...flags: string[]) {
  const args = ["--criu", CRIU, "--root", root, "restore", "--bundle", bundle, "--image-path", join(bundle, "images")];
  const child = spawn(program, [...args, ...flags, id], { stdio: ["ignore", "pipe", "pipe"] });
  const output = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) child[stream].on("data", (text) => (output[stream] += text));
  return { output, exited: once(child, "exit") };
}

function save(each: Runtime, program: string, ...flags: string[]) {
  const { root, id } = each;
  return runtimeCall(program, ["--root", root, "checkpoint", "--image-path", images(each), ...flags, id]);
}

/** A command whose output goes into a pipe, as a shell makes one: Node's are sockets, which criu doesn't take. */
function piped({ program, root, id }: Runtime, ...args: string[]) {
  const script = '{ "$@"; echo status $?; } | cat';
  const child = spawn("sh", ["-c", script, "sh", program, "--root", root, ...args, id], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (more) => (text += more));
  return { output: () => text, ended: once(child, "close") };
}

function runtimeCall(program: string, args: readonly string[]) {
  return runtime(program).call("--criu", CRIU, ...args);
}

const status = ({ call, id }: Runtime) => {
  const { stdout } = call("state", id);
  return stdout === "" ? "none" : JSON.parse(stdout).status;
};

const why = missing ? `needs ${missing}` : criuFailure;

describe.skipIf(why)(`runc checkpoint, runc restore${why ? ` (${why})` : ""}`, () => {
  test("a container goes on where it was", async () => {
    const ours = await startCounting(OURS);
    expect(save(ours, OURS)).toMatchObject({ status: 0, stdout: "", stderr: "" });
    expect(status(ours)).toBe("none");
    expect(await restore(ours, OURS, "--detach", "--pid-file", "/none/pid").exited).toEqual([1, null]);
    expect(status(ours)).toBe("none");
    const before = count(ours);
    const pidFile = join(ours.bundle, "pid");
    expect(await restore(ours, OURS, "--detach", "--pid-file", pidFile).exited).toEqual([0, null]);
    const { pid, status: now } = JSON.parse(ours.call("state", ours.id).stdout);
    expect([now, readFileSync(pidFile, "utf8")]).toEqual(["running", String(pid)]);
    await eventually(() => count(ours)).toBeGreaterThan(before);
    expect(count(ours)).toBeLessThan(before + 100);
    expect(JSON.parse(ours.call("ps", "-f", "json", ours.id).stdout)[0]).toBe(pid);
    expect(readFileSync(`/proc/${pid}/cgroup`, "utf8")).toContain(ours.id);
    ours.call("kill", ours.id, "KILL");
    await eventually(() => status(ours)).toBe("stopped");
    expect(ours.call("delete", ours.id)).toMatchObject({ status: 0 });
  });

  test.each([
    [OURS, GENUINE],
    [GENUINE, OURS],
  ])("what %s saves %s restores, with places for mounts in mounts", async (saver, restorer) => {
    const inner = { destination: "/data/some/inner", source: "inner", type: "bind", options: ["bind"] };
    const saved = await startCounting(saver, (spec) => {
      const { mounts = [], ...rest } = withBind(spec, "data");
      return counting({ ...rest, mounts: [...mounts, inner] });
    });
    expect(save(saved, saver)).toMatchObject({ status: 0 });
    const before = count(saved);
    rmSync(join(saved.bundle, "data/some"), { recursive: true });
    expect(await restore(saved, restorer, "--detach").exited).toEqual([0, null]);
    await eventually(() => count(saved)).toBeGreaterThan(before);
    expect(runtimeCall(restorer, ["--root", saved.root, "delete", "-f", saved.id]).status).toBe(0);
  });

  test("a container may go on while it is saved", async () => {
    const ours = await startCounting(OURS);
    const work = join(ours.bundle, "work");
    expect(save(ours, OURS, "--leave-running", "--work-path", work)).toMatchObject({ status: 0, stderr: "" });
    expect(existsSync(join(work, "dump.log"))).toBe(true);
    const before = count(ours);
    await eventually(() => count(ours)).toBeGreaterThan(before);
    expect(status(ours)).toBe("running");
  });

  const tracking = spawnSync(CRIU, ["check", "--feature", "mem_dirty_track"]).status === 0;
  test.skipIf(!tracking)(`memory may be saved beforehand${tracking ? "" : " (not on this kernel)"}`, async () => {
    const ours = await startCounting(OURS);
    const memory = join(ours.bundle, "memory");
    expect(save(ours, OURS, "--pre-dump", "--image-path", memory)).toMatchObject({ status: 0, stderr: "" });
    expect(existsSync(join(memory, "descriptors.json"))).toBe(false);
    expect(status(ours)).toBe("running");
    expect(save(ours, OURS, "--parent-path", "../memory")).toMatchObject({ status: 0, stderr: "" });
    expect(await restore(ours, OURS, "--detach").exited).toEqual([0, null]);
  });

  test.skipIf(tracking)(`memory can't be saved beforehand${tracking ? " (on this kernel it can)" : ""}`, async () => {
    const ours = await startCounting(OURS);
    const outcome = save(ours, OURS, "--pre-dump");
    expect([outcome.status, message(outcome)]).toEqual([1, "CRIU is missing features: mem_track"]);
  });

  test("who waits for memory that can be fetched later is told", async () => {
    const ours = runtime(OURS, counting);
    start(ours);
    const port = await freePort();
    const flags = [
      "--lazy-pages",
      "--page-server",
      `127.0.0.1:${port}`,
      "--status-fd",
      "3",
      "--image-path",
      images(ours),
    ];
    const args = ["--criu", CRIU, "--root", ours.root, "checkpoint", ...flags, ours.id];
    const saving = spawn(OURS, args, { stdio: ["ignore", "ignore", "ignore", "pipe"] });
    const exited = once(saving, "exit");
    const told: Buffer[] = [];
    await once(
      (saving.stdio[3] as Readable).on("data", (bytes) => told.push(bytes)),
      "end",
    );
    expect(Buffer.concat(told)).toEqual(Buffer.from([0]));
    connect(port, "127.0.0.1").end(); // and fetches none
    expect(await exited).toEqual([0, null]);
    expect(status(ours)).toBe("none");
  });

  test("in the foreground, its output and its exit status are those of the restore", async () => {
    const ours = runtime(OURS, (spec) => ({
      ...spec,
      process: {
        ...spec.process!,
        args: ["sh", "-c", "while [ ! -e /tmp/go ]; do sleep 0.1; done; echo done; exit 7"],
      },
    }));
    const running = piped(ours, "run", "-b", ours.bundle);
    await eventually(() => status(ours)).toBe("running");
    expect(save(ours, OURS)).toMatchObject({ status: 0, stderr: "" });
    await running.ended;
    const restored = piped(ours, "--criu", CRIU, "restore", "-b", ours.bundle, "--image-path", images(ours));
    await eventually(() => status(ours)).toBe("running");
    writeFileSync(join(ours.bundle, "rootfs/tmp/go"), "");
    await restored.ended;
    expect(restored.output()).toBe("done\nstatus 7\n");
    expect(status(ours)).toBe("none");
  });

  test("its terminal is handed on", async () => {
    const ours = runtime(OURS, (spec) => ({
      ...spec,
      process: { ...spec.process!, terminal: true, args: ["sh", "-c", "while read line; do echo got $line; done"] },
    }));
    const socket = join(ours.bundle, "console");
    const listening = listenUnix(socket);
    const takeMaster = () => {
      const connection = acceptUnix(listening);
      const [master] = recvFds(connection, 1).fds;
      closeSync(connection);
      return master!;
    };
    const say = (master: number, text: string) => {
      writeSync(master, `${text}\n`);
      const bytes = Buffer.alloc(1000);
      let heard = "";
      while (!heard.includes("got")) heard += bytes.toString("utf8", 0, readSync(master, bytes));
      return heard;
    };
    expect(ours.call("run", "-d", "-b", ours.bundle, "--console-socket", socket, ours.id)).toMatchObject({ status: 0 });
    const first = takeMaster();
    expect(say(first, "one")).toContain("got one");
    expect(save(ours, OURS)).toMatchObject({ status: 0, stderr: "" });
    closeSync(first);
    expect(await restore(ours, OURS, "--detach", "--console-socket", socket).exited).toEqual([0, null]);
    const second = takeMaster();
    expect(say(second, "two")).toContain("got two");
    for (const fd of [second, listening]) closeSync(fd);
  });

  test("hooks hear of the new process, and when one fails nothing is left", async () => {
    const hooked = (script: string) => (spec: Spec) => ({
      ...counting(spec),
      hooks: { createRuntime: [{ path: "/bin/sh", args: ["sh", "-c", script] }] },
    });
    const ours = await startCounting(OURS, hooked('cat > "$PWD/hook"'));
    const { pid: first } = JSON.parse(readFileSync(join(ours.bundle, "hook"), "utf8"));
    save(ours, OURS);
    expect(await restore(ours, OURS, "--detach").exited).toEqual([0, null]);
    const { pid, id } = JSON.parse(readFileSync(join(ours.bundle, "hook"), "utf8"));
    expect([id, pid]).toEqual([ours.id, JSON.parse(ours.call("state", id).stdout).pid]);
    expect(pid).not.toBe(first);
    save(ours, OURS);
    const config = join(ours.bundle, "config.json");
    writeFileSync(config, JSON.stringify(hooked("echo no; exit 3")(JSON.parse(readFileSync(config, "utf8")))));
    const failing = restore(ours, OURS, "--detach");
    expect(await failing.exited).toEqual([1, null]);
    expect(message({ status: 1, ...failing.output })).toMatch(
      /^error running hook #0: error running hook: exit status 3, stdout: no/,
    );
    expect(ours.call("list", "-q").stdout).toBe("");
    expect(existsSync(`/sys/fs/cgroup/pids/${ours.id}`)).toBe(false);
  });

  test("a bind mount shows what the new bundle says", async () => {
    const show = "while :; do cat /data/file > /tmp/n; sleep 0.1; done";
    const showing = (source: string) => (spec: Spec) =>
      withBind({ ...spec, process: { ...spec.process!, args: ["sh", "-c", show] } }, source);
    const ours = runtime(OURS, showing("one"));
    for (const [i, name] of ["one", "two"].entries()) {
      mkdirSync(join(ours.bundle, name));
      writeFileSync(join(ours.bundle, name, "file"), String(i + 1));
    }
    start(ours);
    await eventually(() => existsSync(join(ours.bundle, "rootfs/tmp/n")) && count(ours)).toBe(1);
    expect(save(ours, OURS)).toMatchObject({ status: 0, stderr: "" });
    const config = join(ours.bundle, "config.json");
    const spec = JSON.parse(readFileSync(config, "utf8"));
    spec.mounts.at(-1).source = "two";
    writeFileSync(config, JSON.stringify(spec));
    expect(await restore(ours, OURS, "--detach").exited).toEqual([0, null]);
    await eventually(() => count(ours)).toBe(2);
  });

  test("a container that can't be saved goes on, and the log is named", async () => {
    const ours = runtime(OURS, counting);
    const { program, root, bundle, id } = ours;
    const outside = openSync(join(bundle, "outside"), "w"); // no file of the container's
    spawnSync(program, ["--root", root, "run", "-d", "-b", bundle, id], { stdio: ["ignore", outside, "ignore"] });
    closeSync(outside);
    await eventually(() => existsSync(join(bundle, "rootfs/tmp/n"))).toBe(true);
    const outcome = save(ours, OURS);
    expect(outcome.status).toBe(1);
    expect(outcome.stderr.trim().split("\n")).toHaveLength(1);
    expect(message(outcome)).toMatch(/^criu failed: type DUMP errno -?\d+: .*outside.*, log file: \S+\/dump\.log$/);
    expect(existsSync(join(bundle, "images/dump.log"))).toBe(true);
    const before = count(ours);
    await eventually(() => count(ours)).toBeGreaterThan(before);
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

function withBind(spec: Spec, source: string): Spec {
  return { ...spec, mounts: [...spec.mounts!, { destination: "/data", source, type: "bind", options: ["rbind"] }] };
}

describe.skipIf(missing)(`what is wrong with a checkpoint or a restore${missing ? ` (needs ${missing})` : ""}`, () => {
  test("the genuine one says the same of it, but for the namespace", () => {
    const calls = [
      ["checkpoint", "--manage-cgroups-mode", "foo"],
      ["checkpoint", "--page-server", "foo"],
      ["checkpoint", "--parent-path", "/foo"],
      ["checkpoint", "--parent-path", "foo"],
      ["checkpoint", "--image-path", "/proc/eras-none/images"],
      ["checkpoint", "--work-path", "/proc/eras-none"],
      ["restore", "--image-path", "BUNDLE/none"],
      ["restore", "--image-path", "BUNDLE/none", "--bundle", "BUNDLE"],
    ];
    const said = (each: Runtime, args: readonly string[]) => {
      const outcome = each.call(...args.map((arg) => arg.replace("BUNDLE", each.bundle)), each.id);
      const place = each.root.replace(/root$/, "");
      const last = { ...outcome, stderr: outcome.stderr.trim().split("\n").at(-1)! }; // the genuine one may tell before that it still runs
      return [outcome.status, message(last).replaceAll(place, "/").split("\n").at(0)];
    };
    const both = [OURS, GENUINE].map((program) => runtime(program));
    for (const each of both) start(each);
    const [ours, theirs] = both.map((each) => calls.map((args) => said(each, args)));
    expect(ours).toEqual(theirs);
    expect(ours!.map(([status]) => status)).toEqual(calls.map(() => 1));
    expect(said(both[0]!, ["checkpoint", "--empty-ns", "foo"])).toEqual([1, 'namespace "foo" is not supported']);
  });

  test("a container that does not run", async () => {
    const said = [OURS, GENUINE].map(async (program) => {
      const each = runtime(program);
      const missing = message(each.call("checkpoint", "nobody"));
      start(each);
      each.call("kill", each.id, "KILL");
      await eventually(() => status(each)).toBe("stopped");
      return [missing, message(each.call("checkpoint", each.id))];
    });
    expect(await said[0]).toEqual(await said[1]);
  });

  test("criu is not there: one line that says so, and the container goes on", () => {
    const ours = runtime(OURS);
    start(ours);
    const outcome = ours.call("--criu", "no-criu", "checkpoint", ours.id);
    expect(outcome.status).toBe(1);
    expect(outcome.stderr.trim().split("\n")).toHaveLength(1);
    expect(message(outcome)).toMatch(
      /^CRIU version check failed: exec: "no-criu": executable file not found in \$PATH .*--criu/,
    );
    expect(status(ours)).toBe("running");
  });
});
