/** The reason for shims: containerd may be killed, a shim may be killed, and what the user sees is right all the same. */
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { VERSION } from "@eras/docker-2019/containerd/version.ts";
import { Containers } from "@eras/docker-2019/proto/gen/containers_pb.ts";
import { Events } from "@eras/docker-2019/proto/gen/events_pb.ts";
import { Status } from "@eras/docker-2019/proto/gen/process_pb.ts";
import { Task as Shim } from "@eras/docker-2019/proto/gen/shim_pb.ts";
import { Tasks } from "@eras/docker-2019/proto/gen/tasks_pb.ts";
import { Version } from "@eras/docker-2019/proto/gen/version_pb.ts";
import { connectTtrpc, socketPath, ttrpcClient } from "@eras/docker-2019/proto/ttrpc/client.ts";
import { mkfifo } from "@eras/linux/fifo.ts";
import { processExists } from "@eras/linux/proc.ts";
import { NotFound } from "@eras/oci-spec/errdefs.ts";
import { Slots } from "@eras/registry-client/slots.ts";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { unpackBusybox } from "../harness/busybox-image.ts";
import { CONTAINERD, Containerd2019 } from "../harness/containerd-2019.ts";
import { CTR } from "../harness/ctr-session.ts";
import { processesThatName } from "../harness/on-machine.ts";
import { copyWithVersion } from "../harness/other-version.ts";
import { random } from "../harness/random.ts";
import { newPlace, type Place, remains, removePlace } from "../harness/remains.ts";
import { runProgram } from "../harness/run-program.ts";
import { missing } from "../harness/runtime-under-test.ts";

const OURS = { shim: "ours", runtime: ["io.containerd.eras.v2"] };
/** One shim for all of them. */
const OURS_FOR_ALL = {
  shim: "ours for all",
  runtime: [...OURS.runtime, "--annotation", "io.containerd.runc.v2.group=all"],
};
const GENUINE = { shim: "genuine", runtime: ["io.containerd.runc.v2"] };

/** How containerd goes, and which comes. */
const RESTARTS = [
  { ...OURS, many: 100, end: "killed", next: "the same" },
  { ...OURS_FOR_ALL, many: 5, end: "killed", next: "the same" },
  { ...GENUINE, many: 3, end: "killed", next: "the same" },
  { ...OURS, many: 5, end: "killed", next: "another version" },
  { ...OURS, many: 2, end: "ended", next: "another version" },
] as const;
/** More, and ctr may be tired of waiting for its turn. */
const STARTED_AT_ONCE = 8;
/** Of a runc in create, at moments up to about the end of one. */
const RUNC_KILLS = Number(process.env.ERAS_RUNTIME_KILLS ?? 2);
const LONGEST_CREATE_MS = 300;
const SEED = Number(process.env.ERAS_SEED ?? Date.now() % 1e6);
const OTHER_VERSION = "1.2.7+docker-eras.0.2.0";

describe("containerd, started again,", () => {
  const reason = missing("/usr/bin/ctr", "/usr/bin/containerd-shim-runc-v2");
  if (reason) return void test.skip(reason);

  let place: Place;
  let containerd: Containerd2019;
  let rootfs: string;
  let otherContainerd: string;
  beforeAll(async () => {
    place = newPlace();
    otherContainerd = copyWithVersion(join(place.dir, "clone"), OTHER_VERSION);
    rootfs = join(place.dir, "rootfs");
    unpackBusybox(rootfs);
    containerd = await Containerd2019.start(place.dir);
  });
  afterAll(async () => {
    const { tasks } = await containerd.client(Tasks).list({});
    for (const { id } of tasks) await containerd.ctr(["tasks", "rm", "--force", id]); // of a test that failed
    // A shim ends when it has told of all that happened, which takes it a few seconds while containerds come and go.
    const shims = () => processesThatName(place.dir).filter(({ pid }) => pid !== containerd.pid);
    await vi.waitFor(() => expect(shims()).toEqual([]), 20_000);
    await containerd.stop();
    expect(await removePlace(place)).toEqual([]);
  });

  const logOf = (id: string) => join(place.dir, `${id}.log`);

  const whereOf = (id: string) => ["--cgroup", `/${place.cgroupParent}/${id}`, "--rootfs"];

  /** Makes what containers wait at. @returns Lets a number of them go. */
  function gate(name: string): (containers: number) => void {
    const path = join(rootfs, name);
    mkfifo(path, 0o600);
    const fd = openSync(path, constants.O_RDWR);
    onTestFinished(() => closeSync(fd));
    return (containers) => void writeSync(fd, "\n".repeat(containers)); // each reads one line
  }

  /** Starts a container that speaks, waits at a gate, speaks again, and ends. @returns Its process. */
  async function startWaiting(
    runtime: readonly string[],
    id: string,
    gateName: string,
    status: number,
  ): Promise<number> {
    const script = `echo before; read line < /${gateName}; echo after; exit ${status}`;
    const flags = ["-d", "--runtime", ...runtime, ...whereOf(id), "--log-uri", `file://${logOf(id)}`];
    const result = await containerd.ctr(["run", ...flags, rootfs, id, "/bin/sh", "-c", script]);
    expect(result).toMatchObject({ stderr: "", status: 0 });
    const { process } = await containerd.client(Tasks).get({ containerId: id });
    return process!.pid;
  }

  /** @returns The exit status, which is 6, of a container that ends at once. */
  async function runOnce(runtime: readonly string[], id: string): Promise<number | null> {
    const command = [rootfs, id, "/bin/sh", "-c", "exit 6"];
    return (await containerd.ctr(["run", "--rm", "--runtime", ...runtime, ...whereOf(id), ...command])).status;
  }

  /** What has been upgraded, the next test expects as it was. */
  async function goBack(): Promise<void> {
    await containerd.stop();
    await containerd.restart();
  }

  let round = 0;
  test.each(RESTARTS)(
    "$end and followed by $next, finds $many containers of a shim of $shim running, all their output, and each exit status",
    async ({ runtime, many, end, next }) => {
      const name = `round-${++round}`;
      const ids = Array.from({ length: many }, (_, i) => `${name}-${process.pid}-${i}`);
      const statuses = ids.map((_, i) => 10 + i);
      const [early, late] = [ids.filter((_, i) => i % 2 === 0), ids.filter((_, i) => i % 2 === 1)];
      const gateOf = (id: string) => `${name}-${early.includes(id) ? "early" : "late"}`;
      const [openEarly, openLate] = [gate(`${name}-early`), gate(`${name}-late`)];
      const slots = new Slots(STARTED_AT_ONCE);
      const pids = await Promise.all(
        ids.map((id, i) => slots.run(() => startWaiting(runtime, id, gateOf(id), statuses[i]!))),
      );

      await (end === "killed" ? containerd.kill() : containerd.stop());
      openEarly(early.length);
      while (early.some((id) => !readFileSync(logOf(id), "utf8").includes("after"))) await delay(20);
      expect(late.filter((id) => processExists(pids[ids.indexOf(id)]!))).toEqual(late);
      const [program, version] = next === "the same" ? [CONTAINERD, VERSION] : [otherContainerd, OTHER_VERSION];
      await containerd.restart(program);
      onTestFinished(goBack);
      expect((await containerd.client(Version).version({})).version).toBe(version);

      const tasks = containerd.client(Tasks);
      const waits = ids.map((id) => tasks.wait({ containerId: id }));
      openLate(late.length);
      expect((await Promise.all(waits)).map(({ exitStatus }) => exitStatus)).toEqual(statuses);
      for (const id of ids) expect(readFileSync(logOf(id), "utf8")).toBe("before\nafter\n");
      const deletions = await Promise.all(ids.map((id) => tasks.delete({ containerId: id })));
      expect(deletions.map(({ exitStatus }) => exitStatus)).toEqual(statuses);
      for (const id of ids) await containerd.client(Containers).delete({ id });
      expect(await runOnce(runtime, `${name}-new`)).toBe(6);
    },
    180_000,
  );

  describe.each([OURS, GENUINE])("with a shim of $shim,", ({ shim, runtime }) => {
    test("learns that it was killed: the task is dead, its processes and files are gone", async () => {
      const id = `${shim}-killed-${process.pid}`;
      gate(id);
      const pid = await startWaiting(runtime, id, id, 0);
      const tasks = containerd.client(Tasks);
      const waiting = tasks.wait({ containerId: id });
      const event = nextExit(id);
      await tasks.get({ containerId: id }); // by now it waits and listens
      process.kill(shimOf(id), "SIGKILL");
      expect((await waiting).exitStatus).toBe(137);
      expect(await event).toBe(true);
      expect(processExists(pid)).toBe(false);
      expect(existsSync(containerd.bundle(id))).toBe(false);
      expect((await tasks.list({})).tasks.map((task) => task.id)).not.toContain(id);
      await containerd.client(Containers).delete({ id });
    });

    test("finds it dead when it was killed meanwhile", async () => {
      const id = `${shim}-both-${process.pid}`;
      gate(id);
      const pid = await startWaiting(runtime, id, id, 0);
      await containerd.kill();
      process.kill(shimOf(id), "SIGKILL");
      const ofDeletions = leaveHalfDeleted(`${shim}-deleted`);
      await containerd.restart();
      expect(ofDeletions.filter((path) => existsSync(path))).toEqual([]);
      await expect(containerd.client(Tasks).get({ containerId: id })).rejects.toThrow(NotFound); // said when it is cleaned up
      expect(processExists(pid)).toBe(false);
      expect(existsSync(containerd.bundle(id))).toBe(false);
      expect((await containerd.client(Tasks).list({})).tasks).toEqual([]);
      await containerd.client(Containers).delete({ id });
    });
  });

  test("forgets a task whose shim has deleted it already, for a containerd that was killed in the middle", async () => {
    const id = `deleted-${process.pid}`;
    gate(id)(1);
    await startWaiting(OURS.runtime, id, id, 0);
    const tasks = containerd.client(Tasks);
    await tasks.wait({ containerId: id });
    const connection = await connectTtrpc(socketPath(readFileSync(join(containerd.bundle(id), "address"), "utf8")));
    await ttrpcClient(Shim, connection).delete({ id });
    connection.close();
    await expect(tasks.delete({ containerId: id })).rejects.toThrow(NotFound);
    expect((await tasks.list({})).tasks).toEqual([]);
    expect(existsSync(containerd.bundle(id))).toBe(false);
    await containerd.client(Containers).delete({ id });
  });

  test("is held up by no shim that doesn't answer, and lets that one's container live", async () => {
    const [id, other] = [`stopped-${process.pid}`, `other-${process.pid}`];
    const open = gate(id);
    for (const name of [id, other]) await startWaiting(OURS.runtime, name, id, 5);
    const shim = shimOf(id);
    await containerd.kill();
    process.kill(shim, "SIGSTOP");
    onTestFinished(() => void process.kill(shim, "SIGCONT"));
    await containerd.restart();
    const tasks = containerd.client(Tasks);
    expect((await tasks.get({ containerId: other })).process?.status).toBe(Status.RUNNING);
    const listed = (await tasks.list({})).tasks.map((task) => [task.id, task.status]);
    expect(Object.fromEntries(listed)).toEqual({ [id]: Status.UNKNOWN, [other]: Status.RUNNING });
    const asked = tasks.get({ containerId: id });
    process.kill(shim, "SIGCONT");
    expect((await asked).process?.status).toBe(Status.RUNNING);
    const waits = [id, other].map((containerId) => tasks.wait({ containerId }));
    open(2);
    expect((await Promise.all(waits)).map(({ exitStatus }) => exitStatus)).toEqual([5, 5]);
    for (const containerId of [id, other]) {
      await tasks.delete({ containerId });
      await containerd.client(Containers).delete({ id: containerId });
    }
  });

  test(`cleans up after a runc that is killed while it creates a container: ${RUNC_KILLS} times, seed ${SEED}`, async () => {
    const moment = random(SEED);
    const runc = join(place.dir, "runc-that-is-killed");
    for (let i = 0; i < RUNC_KILLS; i++) {
      const id = `runc-killed-${process.pid}-${i}`;
      writeFileSync(runc, dyingRunc(moment() * LONGEST_CREATE_MS), { mode: 0o755 });
      const flags = ["-d", "--runtime", ...OURS.runtime, "--fifo-dir", join(place.dir, "fifos"), "--runc-binary", runc];
      const command = ["run", ...flags, ...whereOf(id), rootfs, id, "/bin/sleep", "1000"];
      const { stderr } = await runProgram(CTR, [...containerd.address, ...command]);
      expect(stderr).toMatch(/^ctr: failed to create shim task: OCI runtime create failed: [^\n]+\n$/);
      await vi.waitFor(() => expect(remains(place).filter((one) => one.includes(id))).toEqual([]), 10_000);
      expect((await containerd.client(Tasks).list({})).tasks).toEqual([]);
      expect(existsSync(containerd.bundle(id))).toBe(false);
      await containerd.client(Containers).delete({ id });
    }
  }, 900_000);

  /** What kills at two moments leave of the deletion of bundles. @returns Their paths. */
  function leaveHalfDeleted(id: string): string[] {
    const bundles = dirname(containerd.bundle(id));
    const works = join(containerd.root, basename(dirname(bundles)), basename(bundles));
    const left = [join(bundles, `.${id}-1`), join(works, `${id}-1`), join(works, `${id}-2`)];
    for (const path of left) mkdirSync(join(path, "rootfs"), { recursive: true });
    return left;
  }

  /** Resolves when the exchange tells that a container has ended. */
  async function nextExit(id: string): Promise<boolean> {
    const filters = [`topic=="/tasks/exit",event.container_id=="${id}"`];
    for await (const { namespace } of containerd.client(Events).subscribe({ filters })) return namespace === "default";
    return false;
  }
});

/** A runc that is killed so long after the beginning of a `create`, and is as usual otherwise. */
function dyingRunc(afterMs: number): string {
  const runc = join(dirname(CONTAINERD), "runc-2019");
  const create = `${runc} "$@" & sleep ${afterMs / 1000}; kill -9 $! 2> /dev/null; wait; exit 137`;
  return `#!/bin/sh\ncase " $* " in *" create "*) ${create} ;; esac\nexec ${runc} "$@"\n`;
}

/** The shim of a container of ours: by its command line. */
function shimOf(id: string): number {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const found = pids.find((pid) => {
    const words = commandLine(pid);
    return words.includes("-namespace") && words[words.indexOf("-id") + 1] === id;
  });
  if (found === undefined) throw new Error(`Cannot find the shim of ${id}`);
  return Number(found);
}

function commandLine(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return []; // it has ended meanwhile
  }
}
