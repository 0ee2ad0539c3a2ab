/**
 * One shim for the containers of a pod, or of any class: those that have the same value of the label that the runtime's shim is given.
 *
 * The runtime is a script that adds `-group` to what containerd says. So every containerd has it.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Task } from "@eras/docker-2019/proto/gen/shim_pb.ts";
import { connectTtrpc, socketPath, ttrpcClient } from "@eras/docker-2019/proto/ttrpc/client.ts";
import { processExists } from "@eras/linux/proc.ts";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { GenuineContainerd } from "../genuine/containerd.ts";
import { ContainerdEvents } from "../genuine/containerd-events.ts";
import { unpackBusybox } from "../harness/busybox-image.ts";
import { Containerd2019 } from "../harness/containerd-2019.ts";
import { mountPointsBelow } from "../harness/on-machine.ts";
import { newPlace, type Place, removePlace } from "../harness/remains.ts";
import { type ProgramResult, shellEnvironment } from "../harness/run-program.ts";
import { missing } from "../harness/runtime-under-test.ts";
import { OUR_SHIM } from "./shim-session.ts";

const LABEL = "example.org/pod";
const RUNTIME = "io.containerd.pods.v1";
const SLEEP = ["sleep", "1000"];

const CONTAINERDS = [
  { name: "our containerd", start: Containerd2019.start },
  { name: "genuine containerd", start: GenuineContainerd.start },
];

describe.each(CONTAINERDS)("under $name, a shim that groups by a label", ({ start }) => {
  const reason = missing("/usr/bin/containerd", "/usr/bin/ctr");
  if (reason) return void test.skip(reason);

  let place: Place;
  let rootfs: string;
  let containerd: Containerd2019 | GenuineContainerd;
  beforeAll(async () => {
    place = newPlace();
    rootfs = join(place.dir, "rootfs");
    unpackBusybox(rootfs);
    containerd = await start(place.dir, withPods(place.dir));
  });
  afterEach(async () => {
    const ids = (await containerd.ctr(["containers", "ls", "-q"])).stdout.split("\n").filter(Boolean);
    for (const id of ids) {
      await containerd.ctr(["tasks", "delete", "--force", id]);
      await containerd.ctr(["containers", "delete", id]);
    }
  });
  afterAll(async () => {
    await containerd.stop();
    expect(await removePlace(place)).toEqual([]);
  });

  let count = 0;
  const newId = () => `c${++count}`;
  const bundleOf = (id: string) => join(place.dir, "state/io.containerd.runtime.v2.task/default", id);
  const addressOf = (id: string) => socketPath(readFileSync(join(bundleOf(id), "address"), "utf8"));

  function run(id: string, pod: string, flags: readonly string[], command: readonly string[]): Promise<ProgramResult> {
    const label = pod === "" ? [] : ["--annotation", `${LABEL}=${pod}`];
    const where = ["--runtime", RUNTIME, "--cgroup", `/${place.cgroupParent}/${id}`, "--rootfs", "--env", "PATH=/bin"];
    return containerd.ctr(["run", ...where, ...label, ...flags, rootfs, id, ...command]);
  }

  /** Starts a container that stays; without a pod it has no label. @returns Its id. */
  async function runDetached(pod: string, command: readonly string[] = SLEEP, flags: readonly string[] = []) {
    const id = newId();
    expect(await run(id, pod, ["-d", ...flags], command)).toMatchObject({ stderr: "", status: 0 });
    return id;
  }

  /** The shim that serves a container, and the container's process. */
  async function pidsOf(id: string): Promise<{ shimPid: number; taskPid: number }> {
    const connection = await connectTtrpc(addressOf(id));
    const pids = await ttrpcClient(Task, connection).connect({ id });
    connection.close();
    return pids;
  }
  const shimOf = async (id: string) => (await pidsOf(id)).shimPid;

  async function status(id: string): Promise<string | undefined> {
    const lines = (await containerd.ctr(["tasks", "ls"])).stdout.split("\n").map((line) => line.split(/\s+/));
    return lines.find(([name]) => name === id)?.[2];
  }

  async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
    while (!(await condition())) await delay(20);
  }

  test("serves all that have the same value, and nobody else", async () => {
    const [web1, web2, web3] = [await runDetached("web"), await runDetached("web"), await runDetached("web")];
    const others = [await runDetached("db"), await runDetached(""), await runDetached("")];
    const shim = await shimOf(web1);
    expect([await shimOf(web2), await shimOf(web3)]).toEqual([shim, shim]);
    expect(new Set([shim, ...(await Promise.all(others.map(shimOf)))]).size).toBe(4);
  });

  test("does not take a container for one of the group that bears its name", async () => {
    const first = await runDetached("");
    const second = await runDetached(first);
    expect(await shimOf(second)).not.toBe(await shimOf(first));
  });

  test("tells each one's output, exit status and execs from the others'", async () => {
    const asked = [3, 4, 5].map((code) =>
      run(newId(), "web", ["--rm"], ["sh", "-c", `echo out ${code}; echo err ${code} >&2; exit ${code}`]),
    );
    const lasting = [await runDetached("web"), await runDetached("web")];
    const told = [3, 4, 5].map((code) => ({ stdout: `out ${code}\n`, stderr: `err ${code}\n`, status: code }));
    expect(await Promise.all(asked)).toEqual(told);
    const execs = lasting.map((id, i) => {
      const script = `read line; hostname > /dev/null; echo $line; exit ${20 + i}`;
      return containerd.ctr(["tasks", "exec", "--exec-id", "same", id, "sh", "-c", script], `to ${id}\n`);
    });
    expect(await Promise.all(execs)).toEqual(
      lasting.map((id, i) => ({ stdout: `to ${id}\n`, stderr: "", status: 20 + i })),
    );
  });

  test("tells whose memory ran out", async () => {
    const events = new ContainerdEvents(containerd);
    const neighbour = await runDetached("web");
    const greedy = "trap 'a=xxxxxxxxxxxxxxxx; while :; do a=$a$a; done' USR1; while :; do usleep 1000; done";
    const id = await runDetached("web", ["sh", "-c", greedy], ["--memory-limit", String(16 << 20)]);
    while ((await status(id)) !== "STOPPED") await containerd.ctr(["tasks", "kill", "--signal", "USR1", id]);
    await events.waitFor(`/tasks/oom {"container_id":"${id}"}`);
    expect(events.topicsOf(neighbour)).not.toContain("/tasks/oom");
    expect(await status(neighbour)).toBe("RUNNING");
    await events.stop();
  });

  test("lives until the last is deleted, and no longer", async () => {
    const [first, second] = [await runDetached("web"), await runDetached("web")];
    const [shim, socket] = [await shimOf(first), addressOf(first)];
    await containerd.ctr(["tasks", "delete", "--force", first]);
    expect(await status(second)).toBe("RUNNING");
    const third = await runDetached("web"); // the first one's bundle is gone
    expect(await shimOf(third)).toBe(shim);
    await containerd.ctr(["tasks", "delete", "--force", second]);
    expect(processExists(shim)).toBe(true);
    await containerd.ctr(["tasks", "delete", "--force", third]);
    await until(() => !processExists(shim));
    expect(existsSync(socket)).toBe(false);
  });

  test("killed, takes all its containers with it, and leaves nothing; the next of the group has a shim again", async () => {
    const events = new ContainerdEvents(containerd);
    const ids = [await runDetached("web"), await runDetached("web"), await runDetached("web")];
    const stranger = await runDetached("db");
    const tasks = await Promise.all(ids.map(pidsOf));
    process.kill(tasks[0]!.shimPid, "SIGKILL");
    for (const id of ids) await until(() => events.topicsOf(id).includes("/tasks/exit"));
    for (const id of ids) await until(async () => (await status(id)) === undefined);
    await until(() => !ids.some((id) => existsSync(bundleOf(id))));
    expect(tasks.filter(({ taskPid }) => processExists(taskPid))).toEqual([]);
    expect(mountPointsBelow(place.dir).filter((path) => ids.some((id) => path.startsWith(bundleOf(id))))).toEqual([]);
    expect(await status(stranger)).toBe("RUNNING");
    expect(await status(await runDetached("web"))).toBe("RUNNING");
    await events.stop();
  });

  test("serves those that come while it is being cleaned up after, all by one shim", async () => {
    const first = await runDetached("web");
    process.kill(await shimOf(first), "SIGKILL");
    const ids = await Promise.all(Array.from({ length: 4 }, () => runDetached("web")));
    await until(async () => (await status(first)) === undefined);
    expect(new Set(await Promise.all(ids.map(shimOf))).size).toBe(1);
  });

  test("is there for all that come while others go", async () => {
    const statuses = Array.from({ length: 24 }, (_, i) => i);
    const results: (number | string)[] = [];
    const takeTurns = async (turns: readonly number[]) => {
      for (const code of turns) {
        const { stderr, status } = await run(newId(), "web", ["--rm"], ["sh", "-c", `exit ${code}`]);
        results[code] = stderr || status!;
      }
    };
    await Promise.all([0, 1, 2].map((k) => takeTurns(statuses.filter((i) => i % 3 === k))));
    expect(results).toEqual(statuses);
  });
});

/** An environment with a runtime whose shims serve all containers that have the same value of the label. */
function withPods(dir: string): NodeJS.ProcessEnv {
  const bin = join(dir, "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, "containerd-shim-pods-v1"), `#!/bin/sh\nexec ${OUR_SHIM} -group ${LABEL} "$@"\n`, {
    mode: 0o755,
  });
  const env = shellEnvironment();
  return { ...env, PATH: `${bin}:${env.PATH}` };
}
