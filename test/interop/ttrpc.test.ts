/** Our ttrpc, both sides of it, against genuine ones in Go: the shim that serves tasks and tells events, the containerd that hears them. */
import { closeSync, constants, openSync, rmSync } from "node:fs";
import type { Server } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { packAny, typeNameOf, unpackAny } from "@eras/docker-2019/proto/any.ts";
import { namespaceOf, TTRPC_NAMESPACE_KEY } from "@eras/docker-2019/proto/call.ts";
import { MetricsSchema } from "@eras/docker-2019/proto/gen/cgroups-v1_pb.ts";
import { TaskExitSchema, TaskOOMSchema } from "@eras/docker-2019/proto/gen/event-messages_pb.ts";
import { type Envelope, Events } from "@eras/docker-2019/proto/gen/events-ttrpc_pb.ts";
import { Status } from "@eras/docker-2019/proto/gen/process_pb.ts";
import { OptionsSchema } from "@eras/docker-2019/proto/gen/runc-options_pb.ts";
import { Task } from "@eras/docker-2019/proto/gen/shim_pb.ts";
import { dateOf, timestampOf } from "@eras/docker-2019/proto/timestamps.ts";
import { connectTtrpc, socketPath, type TtrpcConnection, ttrpcClient } from "@eras/docker-2019/proto/ttrpc/client.ts";
import { implement, ttrpcServer } from "@eras/docker-2019/proto/ttrpc/server.ts";
import { mkfifo } from "@eras/linux/fifo.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { GenuineContainerd } from "../genuine/containerd.ts";
import { ContainerdEvents } from "../genuine/containerd-events.ts";
import { makeBundle, plainSpec } from "../harness/bundle.ts";
import { unpackBusybox } from "../harness/busybox-image.ts";
import { newPlace, type Place, removePlace } from "../harness/remains.ts";
import { runProgram, shellEnvironment } from "../harness/run-program.ts";
import { GENUINE_RUNC, missing } from "../harness/runtime-under-test.ts";

const SHIM = "/usr/bin/containerd-shim-runc-v2";

describe("ttrpc, with a genuine shim,", () => {
  const reason = missing(SHIM);
  if (reason) return void test.skip(reason);

  let place: Place;
  let bundle: string;
  let log: number;
  let socket: string;
  let shimPid: number;
  let connection: TtrpcConnection;
  let containerd: Server;
  let events: { namespace: string; envelope: Envelope }[];
  const shim = (...args: string[]) =>
    runProgram(
      SHIM,
      ["-namespace", "eras", "-address", join(place.dir, "c"), "-publish-binary", "true", "-id", "web", ...args],
      {
        cwd: bundle,
        env: { ...shellEnvironment(), TTRPC_ADDRESS: join(place.dir, "c.ttrpc") },
      },
    );

  beforeEach(async () => {
    place = newPlace();
    bundle = join(place.dir, "bundle");
    unpackBusybox(join(place.dir, "busybox"));
    const { linux, process, ...spec } = plainSpec();
    makeBundle(bundle, join(place.dir, "busybox"), {
      ...spec,
      process: { ...process!, args: ["sleep", "1000"] },
      linux: { ...linux, cgroupsPath: `/${place.cgroupParent}/web` },
    });
    mkfifo(join(bundle, "log"), 0o700);
    log = openSync(join(bundle, "log"), constants.O_RDWR | constants.O_NONBLOCK);
    await hearEvents();
    const { stdout, stderr, status } = await shim("start");
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    socket = socketPath(stdout.trim());
    connection = await connectTtrpc(socket);
    ({ shimPid } = await ttrpcClient(Task, connection).connect({ id: "web" }));
  });

  /** What containerd does: hears the shim's events. */
  async function hearEvents(): Promise<void> {
    events = [];
    const forward = implement(Events, {
      forward: ({ envelope }, call) => {
        events.push({ namespace: namespaceOf(call), envelope: envelope! });
        return {};
      },
    });
    containerd = ttrpcServer([forward]);
    await new Promise<void>((resolve) => containerd.listen(join(place.dir, "c.ttrpc"), resolve));
  }

  afterEach(async () => {
    connection.close();
    kill(shimPid);
    rmSync(socket, { force: true });
    await shim("-bundle", bundle, "delete");
    containerd.close();
    closeSync(log);
    await removePlace(place);
  });

  test("a task lives and dies", async () => {
    const task = ttrpcClient(Task, connection);
    const options = packAny(OptionsSchema, { binaryName: GENUINE_RUNC.path, root: join(place.dir, "runc") });
    const { pid } = await task.create({ id: "web", bundle, options }, { timeoutMs: 30_000 });
    expect(await task.connect({ id: "web" })).toMatchObject({ taskPid: pid });
    expect(await task.state({ id: "web" })).toMatchObject({ id: "web", bundle, pid, status: Status.CREATED });
    const wait = task.wait({ id: "web" });
    expect(await task.start({ id: "web" })).toEqual({ pid });
    expect((await task.pids({ id: "web" })).processes.map((process) => process.pid)).toContain(pid);
    const { stats } = await task.stats({ id: "web" });
    expect(unpackAny(MetricsSchema, stats!).pids?.current).toBeGreaterThan(0n);
    await task.kill({ id: "web", signal: 9 });
    expect(await wait).toMatchObject({ exitStatus: 137 });
    const { exitedAt, ...exit } = await task.delete({ id: "web" });
    expect(exit).toEqual({ pid, exitStatus: 137 });
    expect(Math.abs(Date.now() - dateOf(exitedAt)!.getTime())).toBeLessThan(60_000);

    await expect.poll(() => events.map(({ envelope }) => envelope.topic)).toContain("/tasks/delete");
    expect(events.map(({ envelope }) => envelope.topic)).toEqual([
      "/tasks/create",
      "/tasks/start",
      "/tasks/exit",
      "/tasks/delete",
    ]);
    expect(events.every(({ namespace, envelope }) => namespace === "eras" && envelope.namespace === "eras")).toBe(true);
    const exitEvent = events[2]!.envelope.event!;
    expect(typeNameOf(exitEvent)).toBe("containerd.events.TaskExit");
    expect(unpackAny(TaskExitSchema, exitEvent)).toMatchObject({ containerId: "web", id: "web", pid, exitStatus: 137 });

    await task.shutdown({ id: "web" }).catch(() => {}); // some shims are gone before they answer
    await connection.closed;
  });

  test("its errors have kinds", async () => {
    const task = ttrpcClient(Task, connection);
    await expect(task.state({ id: "web" })).rejects.toMatchObject({ kind: "NotFound" });
    await expect(task.kill({ id: "web", signal: 9 })).rejects.toMatchObject({ kind: "NotFound" });
    const options = packAny(OptionsSchema, { binaryName: "/bin/false" });
    await expect(task.create({ id: "web", bundle, options })).rejects.toMatchObject({
      kind: "Unknown",
      message: expect.stringContaining("OCI runtime create failed"),
    });
  });

  test("answers calls side by side", async () => {
    const task = ttrpcClient(Task, connection);
    const answers = await Promise.all(Array.from({ length: 300 }, () => task.connect({ id: "web" })));
    expect(new Set(answers.map(({ shimPid }) => shimPid)).size).toBe(1);
  });
});

/** Ends a shim that a failed test has left; after the others there is none. */
function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

describe("ttrpc, with a genuine containerd,", () => {
  const reason = missing("/usr/bin/containerd", "/usr/bin/ctr");
  if (reason) return void test.skip(reason);

  let place: Place;
  let containerd: GenuineContainerd;
  beforeEach(async () => {
    place = newPlace();
    containerd = await GenuineContainerd.start(place.dir);
  });
  afterEach(async () => {
    await containerd.stop();
    await removePlace(place);
  });

  test("an event that we forward is everybody's", async () => {
    const listener = new ContainerdEvents(containerd);
    const connection = await connectTtrpc(join(place.dir, "containerd.sock.ttrpc"));
    const envelope = {
      timestamp: timestampOf(new Date()),
      namespace: "default",
      topic: "/tasks/oom",
      event: packAny(TaskOOMSchema, { containerId: "hungry" }),
    };
    const forward = () =>
      ttrpcClient(Events, connection).forward(
        { envelope },
        { metadata: { [TTRPC_NAMESPACE_KEY]: "default" }, timeoutMs: 5000 },
      );
    let heard = false;
    const hearing = listener.waitFor('/tasks/oom {"container_id":"hungry"}').then(() => {
      heard = true;
    });
    while (!heard) {
      await forward(); // again and again: the listener may not have subscribed yet
      await sleep(50);
    }
    await hearing;
    connection.close();
    await listener.stop();
  });
});
