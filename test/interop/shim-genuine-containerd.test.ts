/** A genuine containerd starts our shim: what a user of `ctr` sees, and what the kernel was told. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cgroupMounts } from "@eras/cgroups/detect.ts";
import { LINUX_RESOURCES_URL, packJson } from "@eras/docker-2019/proto/any.ts";
import { Task } from "@eras/docker-2019/proto/gen/shim_pb.ts";
import { connectTtrpc, socketPath, ttrpcClient } from "@eras/docker-2019/proto/ttrpc/client.ts";
import { readMountinfo } from "@eras/linux/mountinfo.ts";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ContainerdEvents } from "../genuine/containerd-events.ts";
import { CTR } from "../harness/ctr-session.ts";
import { runProgram, shellEnvironment } from "../harness/run-program.ts";
import { GENUINE_RUNC, missing } from "../harness/runtime-under-test.ts";
import { BY_NAME, type ChosenRuntime, inPlaceOfRuncShim, ShimContainerd } from "./shim-containerd.ts";
import { FifoReader } from "./shim-session.ts";

const CRUN = "/usr/bin/crun";
const RUNTIMES: [name: string, runtime: ChosenRuntime, skipped?: string | undefined][] = [
  ["our runc", BY_NAME],
  ["genuine runc", inPlaceOfRuncShim(GENUINE_RUNC.path)],
  ["crun", inPlaceOfRuncShim(CRUN), whyNoCrun()],
];

/** crun 1.8 is of no use on a hybrid host where cgroup2 has controllers. */
function whyNoCrun(): string | undefined {
  if (!existsSync(CRUN)) return `needs ${CRUN}`;
  const { v1, v2 } = cgroupMounts();
  const isHybrid = v1.size > 0 && v2 !== undefined && readFileSync(join(v2, "cgroup.controllers"), "utf8") !== "\n";
  return isHybrid ? "crun refuses cgroup2 with controllers beside cgroup v1" : undefined;
}

const ENTER = "\r";
const success = { stdout: "", stderr: "", status: 0 };

describe("our shim, under a genuine containerd,", () => {
  const reason = missing("/usr/bin/containerd", "/usr/bin/ctr");
  if (reason) return void test.skip(reason);

  let host: ShimContainerd;
  beforeAll(async () => {
    host = await ShimContainerd.start();
  });
  afterAll(() => host.stop());
  afterEach(() => host.removeContainers());

  async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
    while (!(await condition())) await sleep(20);
  }

  describe.each(RUNTIMES)("with %s,", (name, runtime, skipped) => {
    if (skipped !== undefined) return void test.skip(skipped);

    test("shows both outputs and ends with the container's exit status", async () => {
      const result = await host.run([], ["sh", "-c", "echo out; echo err >&2; exit 7"], runtime);
      expect(result).toEqual({ stdout: "out\n", stderr: "err\n", status: 7 });
    });

    test("is the shim that serves: it is not containerd's own", async () => {
      const id = await host.runDetached([], ["sleep", "1000"], runtime);
      expect(readlinkSync(`/proc/${await shimPid(id)}/exe`)).toMatch(/node$/);
    });

    test("runs, stops, goes on, and ends by a signal", async () => {
      const id = host.newId();
      const ended = host.ctr(...host.runArguments(id, ["--rm"], ["sleep", "1000"], runtime));
      await until(async () => (await host.status(id)) === "RUNNING");
      expect(await host.ctr("tasks", "pause", id)).toEqual(success);
      expect(await host.status(id)).toBe("PAUSED");
      expect(await host.ctr("tasks", "resume", id)).toEqual(success);
      const exec = await host.ctr("tasks", "exec", "--exec-id", "e1", id, "sh", "-c", "echo in; echo err >&2; exit 9");
      expect(exec).toEqual({ stdout: "in\n", stderr: "err\n", status: 9 });
      expect(await host.ctr("tasks", "kill", "--signal", "SIGKILL", id)).toEqual(success);
      expect((await ended).status).toBe(137);
    });

    test("has a terminal", async () => {
      const { terminal, ended } = host.onTerminal(host.runArguments(host.newId(), ["--rm", "-t"], ["sh"], runtime));
      await terminal.waitFor("/ # ");
      terminal.type(`tty; exit 4${ENTER}`);
      await terminal.waitFor(/\n\/dev\/(console|pts\/0)\r+\n/);
      expect(await ended).toEqual([4, null]);
      terminal.close();
    });

    test("says why a container can't be created", async () => {
      const { stderr, status } = await host.run([], ["nosuch"], runtime);
      // another runtime than ours says it on the container's standard error, too
      const before = name === "our runc" ? "^" : "";
      expect(stderr).toMatch(
        new RegExp(`${before}ctr: failed to create shim task: OCI runtime create failed: .*nosuch.*: unknown\n$`),
      );
      expect(status).toBe(1);
    });
  });

  async function task(id: string) {
    const connection = await connectTtrpc(socketPath(host.shimAddress(id)));
    return { connection, task: ttrpcClient(Task, connection) };
  }
  async function shimPid(id: string): Promise<number> {
    const { connection, task: client } = await task(id);
    const { shimPid } = await client.connect({ id });
    connection.close();
    return shimPid;
  }

  describe("streams:", () => {
    test("stdin comes to its end", async () => {
      const id = host.newId();
      const command = host.runArguments(id, ["--rm"], ["sh", "-c", "cat; echo end"]);
      const child = spawn("ctr", [...host.containerd.address, ...command], { env: shellEnvironment() });
      let shown = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => (shown += text));
      child.stdin.write("typed\n");
      await until(() => shown === "typed\n"); // it runs: ctr 1.6 loses an end that comes earlier
      child.stdin.end();
      expect(await once(child, "exit")).toEqual([0, null]);
      expect(shown).toBe("typed\nend\n");
    });

    test("a terminal has the window's size, also when that changes; exec has one, too", async () => {
      const { terminal, ended } = host.onTerminal(host.runArguments(host.newId(), ["--rm", "-t"], ["sh"]));
      await terminal.waitFor("/ # ");
      terminal.type(`sh -c 'trap "stty size" WINCH; echo $((6 * 7)); while :; do usleep 10000; done'${ENTER}`);
      await terminal.waitFor(/42\r+\n/);
      terminal.resize({ rows: 44, columns: 55 });
      await terminal.waitFor(/44 55\r+\n/);
      const id = (await host.ctr("tasks", "ls", "-q")).stdout.trim();
      const exec = host.onTerminal(["tasks", "exec", "-t", "--exec-id", "e1", id, "sh"]);
      await exec.terminal.waitFor("/ # ");
      exec.terminal.type(`tty; exit 3${ENTER}`);
      await exec.terminal.waitFor(/\/dev\/pts\/1\r+\n/);
      expect(await exec.ended).toEqual([3, null]);
      exec.terminal.close();
      await host.ctr("tasks", "kill", "--signal", "SIGKILL", id);
      expect(await ended).toEqual([137, null]);
      terminal.close();
    });

    test("file:// gets both outputs", async () => {
      const file = join(host.place.dir, "made/output");
      const script = "echo out; echo err >&2; echo again";
      const id = await host.runDetached(["--log-uri", `file://${file}`], ["sh", "-c", script]);
      await until(async () => (await host.status(id)) === "STOPPED");
      expect(readFileSync(file, "utf8")).toBe("out\nerr\nagain\n");
    });

    test("binary:// starts a program for them, which is heard to its end", async () => {
      const [logger, file] = [join(host.place.dir, "logger"), join(host.place.dir, "logged")];
      writeFileSync(
        logger,
        `#!/bin/sh
exec 5>&- >$2; echo $1 $CONTAINER_NAMESPACE/$CONTAINER_ID; cat <&4 >$2.err & cat <&3; wait; sleep 0.3; echo done`,
      );
      chmodSync(logger, 0o755);
      const command = ["sh", "-c", "echo out; echo err >&2"];
      const id = await host.runDetached(["--log-uri", `binary://${logger}?to=${file}`], command);
      await until(async () => (await host.status(id)) === "STOPPED");
      await host.ctr("tasks", "delete", id);
      expect(readFileSync(file, "utf8")).toBe(`to default/${id}\nout\ndone\n`);
      expect(readFileSync(`${file}.err`, "utf8")).toBe("err\n");
    });
  });

  describe("tells", () => {
    test("of memory that ran out, and of a death by that", async () => {
      const events = new ContainerdEvents(host.containerd);
      const greedyWhenAsked = "trap 'a=xxxxxxxxxxxxxxxx; while :; do a=$a$a; done' USR1; while :; do usleep 1000; done";
      const id = await host.runDetached(["--memory-limit", String(16 << 20)], ["sh", "-c", greedyWhenAsked]);
      while ((await host.status(id)) !== "STOPPED") await host.ctr("tasks", "kill", "--signal", "USR1", id);
      await events.waitFor(`/tasks/oom {"container_id":"${id}"}`);
      await events.waitFor(`"exit_status":137`);
      await events.stop();
    });

    test("of processes, which are execs", async () => {
      const id = await host.runDetached([], ["sleep", "1000"]);
      const detached = ["--detach", "--exec-id", "shell"];
      expect(await host.ctr("tasks", "exec", ...detached, id, "sleep", "1000")).toEqual(success);
      const [, ...lines] = (await host.ctr("tasks", "ps", id)).stdout.trim().split("\n");
      expect(lines).toHaveLength(2);
      expect(lines[1]).toMatch(/^\d+\s+exec_id:"shell"|ExecID:shell/);
      await host.ctr("tasks", "kill", "--exec-id", "shell", "--signal", "KILL", id);
    });

    test("of what it uses, also when it has ended", async () => {
      const id = await host.runDetached([], ["sh", "-c", "sleep 1000 & wait"]);
      const metrics = async () => JSON.parse((await host.ctr("tasks", "metrics", "--format", "json", id)).stdout);
      await until(async () => (await metrics()).pids.current === 2);
      expect((await metrics()).memory.usage.usage).toBeGreaterThan(0);
      await host.ctr("tasks", "kill", "--signal", "KILL", id);
      await until(async () => (await host.status(id)) === "STOPPED");
      expect((await metrics()).cpu.usage.total).toBeGreaterThan(0);
    });
  });

  test("changes limits; is found by its container's name, and tells its state", async () => {
    const id = await host.runDetached(["--memory-limit", String(64 << 20)], ["sleep", "1000"]);
    const { connection, task: client } = await task(id);
    await client.update({ id, resources: packJson(LINUX_RESOURCES_URL, { memory: { limit: 32 << 20 } }) });
    connection.close();
    const limit = (await host.ctr("tasks", "metrics", "--format", "json", id)).stdout;
    expect(JSON.parse(limit).memory.usage.limit).toBe(32 << 20);
    const { stdout } = await runProgram(CTR, [...host.containerd.address, "shim", "--id", id, "state"]);
    expect(JSON.parse(stdout)).toMatchObject({ id, status: 2, exited_at: "0001-01-01T00:00:00Z" });
  });

  test("serves a group of containers, of which one ends before the other", async () => {
    const group = ["--annotation", "io.containerd.runc.v2.group=pod"];
    const first = await host.runDetached(group, ["sleep", "1000"]);
    const second = await host.runDetached(group, ["sleep", "1000"]);
    expect(await shimPid(second)).toBe(await shimPid(first));
    await host.ctr("tasks", "delete", "--force", first);
    expect(await host.status(second)).toBe("RUNNING");
    const third = await host.runDetached(group, ["sh", "-c", "exit 5"]); // the first one's bundle is gone
    await until(async () => (await host.status(third)) === "STOPPED");
    expect((await host.ctr("tasks", "delete", third)).stderr).toContain("exit code 5");
    expect((await host.ctr("tasks", "exec", "--exec-id", "e", second, "echo", "hello")).stdout).toBe("hello\n");
  });

  test("tells the end of a process that ends at once, after its start; many times, many at a time", async () => {
    const events = new ContainerdEvents(host.containerd);
    await host.run([], ["true"]);
    await events.waitFor("/tasks/delete"); // it listens
    const ids = Array.from({ length: 20 }, () => host.newId());
    const runs = ids.map((id, i) => host.ctr(...host.runArguments(id, ["--rm"], ["sh", "-c", `exit ${i}`])));
    expect((await Promise.all(runs)).map(({ status }) => status)).toEqual([...ids.keys()]);
    const life = ["create", "start", "exit", "delete"].map((topic) => `/tasks/${topic}`);
    for (const id of ids) {
      await until(() => events.topicsOf(id).includes("/tasks/delete"));
      expect(events.topicsOf(id)).toEqual(life);
    }
    await events.stop();
  });

  describe("survives", () => {
    test("containerd's death: output and exit status are there for the next", async () => {
      const fifoDir = join(host.place.dir, "fifos");
      const count = "i=0; while :; do i=$((i + 1)); echo line $i; usleep 1000; done";
      const script = `trap 'exit 6' USR1; while [ ! -e /go ]; do usleep 1000; done; ${count}`; // else ctr reads, before it leaves
      const id = await host.runDetached(["--fifo-dir", fifoDir], ["sh", "-c", script]);
      const reader = new FifoReader(readdirSync(fifoDir).map((dir) => join(fifoDir, dir, `${id}-stdout`))[0]!);
      await host.ctr("tasks", "exec", "--exec-id", "go", id, "touch", "/go");
      await until(() => reader.text.includes("line 100\n"));
      const { connection, task: client } = await task(id);
      await host.restart(async () => {
        const lines = reader.text.length;
        await until(() => reader.text.length > lines + 10_000); // it prints while nobody is there
        await client.kill({ id, signal: constants.signals.SIGUSR1 });
        await client.wait({ id });
      });
      connection.close();
      await reader.ended;
      const lines = reader.text.trimEnd().split("\n");
      expect(lines).toEqual(lines.map((_, i) => `line ${i + 1}`));
      expect(await host.status(id)).toBe("STOPPED");
      expect((await host.ctr("tasks", "delete", id)).stderr).toContain("exit code 6");
    });
  });

  test("killed, leaves nothing: the task is dead, its processes, mounts and socket are gone", async () => {
    const id = await host.runDetached([], ["sh", "-c", "sleep 1000 & wait"]);
    const socket = socketPath(host.shimAddress(id));
    const readPids = async () => (await host.ctr("tasks", "ps", id)).stdout.match(/^\d+/gm) ?? [];
    await until(async () => (await readPids()).length === 2);
    const pids = await readPids();
    const pid = await shimPid(id);
    process.kill(pid, "SIGKILL");
    await until(async () => (await host.status(id)) === undefined);
    await until(() => pids.every((each) => !existsSync(`/proc/${each}`)));
    expect(readMountinfo().filter(({ mountPoint }) => mountPoint.startsWith(host.bundle(id)))).toEqual([]);
    await until(() => !existsSync(host.bundle(id)));
    expect(existsSync(socket)).toBe(false);
  });
});
