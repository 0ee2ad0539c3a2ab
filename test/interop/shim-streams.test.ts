/** What a shim holds for its containers, and lets go of: the same of a genuine shim and of ours. */
import { closeSync, constants, existsSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Status } from "@eras/docker-2019/proto/gen/process_pb.ts";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { missing } from "../harness/runtime-under-test.ts";
import { FifoEnd, GENUINE_SHIM, OUR_SHIM, openFiles, ShimSession } from "./shim-session.ts";

const OUR_RUNC = resolve(import.meta.dirname, "../../bin/runc-2019");
const [id, execId] = ["web", "e1"];

/** A bundle's program. */
function running(...args: string[]): (spec: Spec) => Spec {
  return (spec) => ({ ...spec, process: { ...spec.process!, args } });
}
const shell = (script: string) => running("sh", "-c", script);

async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) await sleep(10);
}

const SHIMS = [
  ["a genuine shim", GENUINE_SHIM, missing(GENUINE_SHIM)],
  ["our shim", OUR_SHIM, undefined],
] as const;

describe.each(SHIMS)("%s", (_, program, reason) => {
  if (reason) return void test.skip(reason);

  let session: ShimSession;
  beforeEach(() => {
    session = new ShimSession(program);
  });
  afterEach(async () => {
    expect(await session.close()).toEqual([]);
  });

  describe("keeps output", () => {
    const count = "i=0; while [ $i -lt 30000 ]; do i=$((i + 1)); echo line $i; done";
    const lines = Array.from({ length: 30_000 }, (_, i) => `line ${i + 1}\n`).join("");

    test("for the next client: the process waits when nobody reads", async () => {
      const { task, create } = await session.start(id, shell(count));
      const [stdout, stderr] = [session.fifo("stdout"), session.fifo("stderr")];
      const [first, errors] = [new FifoEnd(stdout), new FifoEnd(stderr)];
      await create({ stdout, stderr });
      await task.start({ id });
      await until(() => {
        first.read();
        return first.text.length > 1000;
      });
      first.close();
      await sleep(300);
      expect(await task.state({ id })).toMatchObject({ status: Status.RUNNING });
      const second = new FifoEnd(stdout);
      await until(() => {
        second.read();
        return second.ended;
      });
      for (const end of [second, errors]) end.close();
      expect(first.text + second.text === lines).toBe(true);
      expect(await task.wait({ id })).toMatchObject({ exitStatus: 0 });
    });

    test("of a terminal, whose client reads slowly, and answers meanwhile", async () => {
      const raw = (spec: Spec) => ({ ...spec, process: { ...spec.process!, terminal: true } });
      const { task, create } = await session.start(id, (spec) => raw(shell(`stty raw; ${count}`)(spec)));
      const stdout = session.fifo("stdout");
      const client = new FifoEnd(stdout);
      await create({ terminal: true, stdout });
      await task.start({ id });
      await sleep(300); // it is full
      expect(await task.state({ id })).toMatchObject({ status: Status.RUNNING });
      await until(() => {
        client.read();
        return client.ended;
      });
      client.close();
      expect(client.text === lines).toBe(true);
      expect(await task.wait({ id })).toMatchObject({ exitStatus: 0 });
    });
  });

  test("keeps input open when a client goes, until CloseIO", async () => {
    const { task, create } = await session.start(id, running("cat"));
    const [stdin, stdout, stderr] = [session.fifo("stdin"), session.fifo("stdout"), session.fifo("stderr")];
    const [output, errors] = [new FifoEnd(stdout), new FifoEnd(stderr)];
    await create({ stdin, stdout, stderr });
    await task.start({ id });
    for (const word of ["one", "two"]) {
      const client = openSync(stdin, constants.O_WRONLY);
      writeSync(client, word);
      closeSync(client);
      await until(() => {
        output.read();
        return output.text.endsWith(word);
      });
    }
    expect(await task.state({ id })).toMatchObject({ status: Status.RUNNING });
    await task.closeIO({ id, stdin: true });
    expect(await task.wait({ id })).toMatchObject({ exitStatus: 0 });
    for (const end of [output, errors]) end.close();
    expect(output.text).toBe("onetwo");
  });

  test("lets a process open its streams again, even an input that has ended", async () => {
    const { task, create, bundle } = await session.start(
      id,
      shell("until [ -e /go ]; do usleep 1000; done; cat /dev/stdin >/dev/stdout"),
    );
    const [stdin, stdout, stderr] = [session.fifo("stdin"), session.fifo("stdout"), session.fifo("stderr")];
    const [output, errors] = [new FifoEnd(stdout), new FifoEnd(stderr)];
    await create({ stdin, stdout, stderr });
    await task.start({ id });
    writeFileSync(stdin, "typed");
    await task.closeIO({ id, stdin: true });
    writeFileSync(join(bundle, "rootfs/go"), "");
    expect(await task.wait({ id })).toMatchObject({ exitStatus: 0 });
    output.read();
    for (const end of [output, errors]) end.close();
    expect(output.text).toBe("typed");
  });

  test("reaps orphans that nobody asks for", async () => {
    const hostPids = (spec: Spec) => {
      const namespaces = spec.linux!.namespaces!.filter(({ type }) => type !== "pid");
      return { ...spec, linux: { ...spec.linux!, namespaces } };
    };
    const script = "(sleep 0.3 & echo $! >/orphan) ; sleep 1000";
    const { task, create, bundle, shimPid } = await session.start(id, (spec) => hostPids(shell(script)(spec)));
    await create();
    await task.start({ id });
    await until(() => existsSync(join(bundle, "rootfs/orphan")));
    const orphan = Number(readFileSync(join(bundle, "rootfs/orphan"), "utf8"));
    await until(() => !existsSync(`/proc/${orphan}`));
    expect(zombiesOf(shimPid)).toEqual([]);
    await task.kill({ id, signal: 9 });
    await task.wait({ id });
  });
});

function zombiesOf(parent: number): string[] {
  const children = readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8").split(" ").filter(Boolean);
  return children.filter((pid) => /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8")));
}

describe("our shim", () => {
  let session: ShimSession;
  afterEach(async () => {
    expect(await session.close()).toEqual([]);
  });

  test("keeps the output of a process that has ended, until Delete", async () => {
    session = new ShimSession(OUR_SHIM);
    const { task, create } = await session.start(id, running("echo", "the end"));
    const stdout = session.fifo("stdout");
    await create({ stdout });
    await task.start({ id });
    await task.wait({ id });
    await sleep(100);
    const late = new FifoEnd(stdout);
    await until(() => {
      late.read();
      return late.ended || late.text !== "";
    });
    late.close();
    expect(late.text).toBe("the end\n");
  });

  test("has nothing open of what is over", async () => {
    session = new ShimSession(OUR_SHIM);
    const { task, create, exec, shimPid } = await session.start(id);
    await create();
    await task.start({ id });
    const [stdin, stdout, stderr] = [session.fifo("stdin"), session.fifo("stdout"), session.fifo("stderr")];
    const round = async () => {
      const ends = [new FifoEnd(stdout), new FifoEnd(stderr)];
      for (const [args, io] of [
        [["true"], { stdin, stdout, stderr }],
        [["true"], { stdin, stdout, terminal: true }],
        [["nosuch"], { stdin, stdout, stderr }],
        [["nosuch"], { stdin, stdout, terminal: true }],
        [["true"], { stdout: join(session.place.dir, "nosuch") }],
        [["true"], { stdout: join(session.place.dir, "nosuch"), terminal: true }],
      ] as const) {
        await exec(execId, args, io);
        const started = await task.start({ id, execId }).then(
          () => true,
          () => false,
        );
        if (started) await task.wait({ id, execId });
        await task.delete({ id, execId });
      }
      for (const end of ends) end.close();
    };
    await round();
    const before = openFiles(shimPid);
    await round();
    await round();
    await until(() => openFiles(shimPid).length <= before.length); // fewer, if one of the first round closed late
    expect(openFiles(shimPid).filter((path) => path.startsWith(join(session.place.dir, "std")))).toEqual([]);
  });

  test("gives FIFOs to whom the options name, and nothing that is none", async () => {
    session = new ShimSession(OUR_SHIM);
    const { create } = await session.start(id);
    const [stdout, stderr] = [session.fifo("stdout"), join(session.place.dir, "file")];
    writeFileSync(stderr, "");
    await create({ stdout, stderr }, { ioUid: 7, ioGid: 8 });
    expect([stdout, stderr].map((path) => statSync(path).gid)).toEqual([8, 0]); // users are then set by runc
  });

  test("waits for nobody when containerd is away: not with a log that nobody reads, nor with events", async () => {
    session = new ShimSession(OUR_SHIM, OUR_RUNC);
    const { task, create } = await session.start(id);
    await create();
    session.leave();
    await task.start({ id });
    await task.kill({ id, signal: 9 });
    expect(await task.wait({ id })).toMatchObject({ exitStatus: 137 });
    await sleep(3_000); // it tries again to tell, and logs that it can't
    expect(await task.state({ id }, { timeoutMs: 1_000 })).toMatchObject({ status: Status.STOPPED });
  });

  test("hands on what it has, not what Node makes of it: signals, and the limit of open files", async () => {
    session = new ShimSession("/bin/sh", OUR_RUNC, [
      "-c",
      `ulimit -Sn 1000; ulimit -Hn 2000; exec ${OUR_SHIM} "$@"`,
      "sh",
    ]);
    const noLimits = (spec: Spec): Spec => ({ ...spec, process: { ...spec.process!, rlimits: [] } });
    const script = "grep SigIgn /proc/self/status; ulimit -Sn; ulimit -Hn";
    const { task, create } = await session.start(id, (spec) => noLimits(shell(script)(spec)));
    const stdout = join(session.place.dir, "output");
    await create({ stdout: `file://${stdout}` });
    await task.start({ id });
    await task.wait({ id });
    expect(readFileSync(stdout, "utf8")).toBe("SigIgn:\t0000000000000000\n1000\n2000\n");
  });
});
