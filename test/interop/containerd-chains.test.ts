/**
 * Every chain of ours and genuine programs runs the same containers with the same results:
 *
 *     ctr ──gRPC──▶ containerd ──ttrpc──▶ shim ──exec──▶ runc        each of the four ours or genuine: sixteen chains
 */
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { GenuineContainerd } from "../genuine/containerd.ts";
import { unpackBusybox } from "../harness/busybox-image.ts";
import type { Containerd2019 } from "../harness/containerd-2019.ts";
import { newPlace, type Place, removePlace } from "../harness/remains.ts";
import { type ProgramResult, runProgram, shellEnvironment } from "../harness/run-program.ts";
import { missing } from "../harness/runtime-under-test.ts";
import { Terminal } from "../harness/terminal.ts";
import { BIN, type ContainerdAndShim, MAKERS, type Maker, RUNC, startContainerd } from "./chain-programs.ts";

const ENTER = "\r";

const CTR = { ours: join(BIN, "ctr-2019"), genuine: "/usr/bin/ctr" };

/** A containerd with shims of one maker. */
interface Daemon extends ContainerdAndShim {
  readonly place: Place;
  readonly running: Containerd2019 | GenuineContainerd;
}

describe("a chain", () => {
  const reason = missing("/usr/bin/containerd", CTR.genuine, "/usr/bin/containerd-shim-runc-v2");
  if (reason) return void test.skip(reason);

  const pairs = MAKERS.flatMap((containerd) => MAKERS.map((shim) => ({ containerd, shim })));
  const daemons: Daemon[] = [];
  const shared = newPlace();
  const rootfs = join(shared.dir, "rootfs");
  beforeAll(async () => {
    unpackBusybox(rootfs);
    daemons.push(...(await Promise.all(pairs.map(startDaemon))));
  });
  afterAll(async () => {
    const left: string[] = [];
    for (const { place, running } of daemons) {
      await running.stop();
      left.push(...(await removePlace(place)));
    }
    await removePlace(shared);
    expect(left).toEqual([]);
  });

  async function startDaemon(pair: ContainerdAndShim): Promise<Daemon> {
    const place = newPlace();
    return { ...pair, place, running: await startContainerd(pair, place.dir) };
  }

  let count = 0;

  /** A chain, with the words for its container. */
  function chain(client: Maker, { containerd, shim }: ContainerdAndShim, runtime: Maker) {
    const daemon = () => daemons.find((one) => one.containerd === containerd && one.shim === shim)!;
    const words = (...args: string[]) => [...daemon().running.address, ...args];
    const ctr = (args: readonly string[], input?: string): Promise<ProgramResult> =>
      runProgram(CTR[client], words(...args), { input });
    const runWords = (id: string, flags: readonly string[], ...command: string[]) => {
      const { place } = daemon();
      const runc = ["--runc-binary", RUNC[runtime], "--runc-root", join(place.dir, `runc-${runtime}`)];
      const where = ["--cgroup", `/${place.cgroupParent}/${id}`, "--rootfs", "--env", "PATH=/bin"];
      return ["run", ...runc, ...where, ...flags, rootfs, id, ...command];
    };
    return { words, ctr, runWords, newId: () => `c${++count}` };
  }

  describe.each(pairs)("of a containerd of $containerd and its shim of $shim,", (pair) => {
    describe.each(MAKERS.flatMap((client) => MAKERS.map((runtime) => ({ client, runtime }))))(
      "with a ctr of $client and a runc of $runtime,",
      ({ client, runtime }) => {
        const { words, ctr, runWords, newId } = chain(client, pair, runtime);

        test("passes input, both outputs and the exit status", async () => {
          const script = "read line; echo got $line; echo err >&2; exit 7";
          const result = await ctr(runWords(newId(), ["--rm"], "sh", "-c", script), "hello\n");
          expect(result).toEqual({ stdout: "got hello\n", stderr: "err\n", status: 7 });
        });

        test("has a terminal", async () => {
          const terminal = new Terminal({ rows: 33, columns: 101 });
          const name = newId();
          // ctr tells the size after the start; a shell that is told of it while somebody types forgets the line
          const script = "until stty size 2> /dev/null | grep '33 101'; do usleep 20000; done; exec sh";
          const args = words(...runWords(name, ["--rm", "-t"], "sh", "-c", script));
          const ended = once(terminal.run(CTR[client], args, shellEnvironment()), "exit");
          try {
            await terminal.waitFor(/33 101\r+\n/);
            await terminal.waitFor("/ # ");
            terminal.type(`exit 4${ENTER}`); // not at once: what a terminal still holds when its session ends, the kernel may drop
            expect(await ended).toEqual([4, null]);
          } finally {
            await ctr(["tasks", "kill", "--signal", "9", name]); // of one that has not come to its end
            await ended;
            terminal.close();
          }
        });

        test("execs beside the container, and tells that it was killed", async () => {
          const name = newId();
          const ended = ctr(runWords(name, ["--rm"], "sleep", "1000"));
          onTestFinished(async () => {
            await ctr(["tasks", "kill", "--signal", "9", name]); // should it have failed before
            await ended;
          });
          await isRunning(pair, name);
          const script = "read line; echo inside $line; exit 3"; // one that ends sooner, genuine ctr may not listen to
          const exec = ["tasks", "exec", "--exec-id", "e1", name, "sh", "-c", script];
          expect(await ctr(exec, "hello\n")).toEqual({ stdout: "inside hello\n", stderr: "", status: 3 });
          expect(await ctr(["tasks", "kill", "--signal", "9", name])).toEqual({ stdout: "", stderr: "", status: 0 });
          expect((await ended).status).toBe(137);
        });

        test("ends a container that wants more memory than it may have", async () => {
          const greedy = "a=xxxxxxxxxxxxxxxx; while :; do a=$a$a; done";
          const words = runWords(newId(), ["--rm", "--memory-limit", String(16 << 20)], "sh", "-c", greedy);
          expect((await ctr(words)).status).toBe(137);
        });
      },
    );
  });

  async function isRunning({ containerd, shim }: ContainerdAndShim, id: string): Promise<void> {
    const { running } = daemons.find((one) => one.containerd === containerd && one.shim === shim)!;
    const line = new RegExp(`^${id}\\s+\\d+\\s+RUNNING`, "m");
    while (!line.test((await running.ctr(["tasks", "ls"])).stdout));
  }
});
