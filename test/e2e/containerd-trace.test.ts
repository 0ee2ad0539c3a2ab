/**
 * The chain tells of itself: one command of ctr is one run, in which containerd, the shim, runc and the init have their parts. Every
 * declared step is told, in the order of steps.ts, and where in the source it is performed.
 *
 * One has no place of its own in that order: events are told all the time.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { STEPS, type StepId } from "@eras/docker-2019/steps.ts";
import type { TraceEvent } from "@eras/trace/event.ts";
import { parseSpool } from "@eras/trace/timeline.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DOCKER_REGISTRY, GenuineRegistry } from "../genuine/registry.ts";
import { busyboxImage } from "../harness/busybox-image.ts";
import { Containerd2019 } from "../harness/containerd-2019.ts";
import { CTR } from "../harness/ctr-session.ts";
import { newPlace, type Place, removePlace } from "../harness/remains.ts";
import { causesOf, firstOfEach, lineOf, numbersOf } from "../harness/run-events.ts";
import { type ProgramResult, runProgram, shellEnvironment } from "../harness/run-program.ts";
import { missing } from "../harness/runtime-under-test.ts";

const RUNC = resolve(import.meta.dirname, "../../bin/runc-2019");

const WITHOUT_PLACE = "containerd.tell-event";

describe("a traced run of ctr", () => {
  const reason = missing(DOCKER_REGISTRY);
  if (reason) return void test.skip(reason);

  let place: Place;
  let containerd: Containerd2019;
  let registry: GenuineRegistry;
  let image: string;
  beforeAll(async () => {
    place = newPlace();
    containerd = await Containerd2019.start(place.dir);
    const registryDir = join(place.dir, "registry");
    mkdirSync(registryDir);
    registry = await GenuineRegistry.start(registryDir);
    image = `${registry.domain}/busybox:1`;
    await containerd.load(busyboxImage(image));
    expect(await ctr("images", "push", image)).toMatchObject({ stderr: "", status: 0 });
    expect(await ctr("images", "rm", "--sync", image)).toMatchObject({ stderr: "", status: 0 });
  });
  afterAll(async () => {
    await registry.stop();
    await containerd.stop();
    expect(await removePlace(place)).toEqual([]);
  });

  const ctr = (...args: string[]) => runProgram(CTR, [...containerd.address, ...args]);

  /** Runs ctr as a part of a run. @returns What all programs have told. */
  async function traced(...args: string[]): Promise<TraceEvent[]> {
    const spool = join(place.dir, `${args[0]}.jsonl`);
    writeFileSync(spool, "");
    const env = { ...shellEnvironment(), ERAS_TRACE: spool };
    expect(await runProgram(CTR, [...containerd.address, ...args], { env })).toMatchObject({ stderr: "", status: 0 });
    return parseSpool(readFileSync(spool, "utf8"));
  }

  function runArguments(id: string, ...command: string[]): string[] {
    const cgroup = ["--cgroup", `/${place.cgroupParent}/${id}`];
    const runtime = ["--runtime", "io.containerd.eras.v2", "--runc-binary", RUNC];
    const fifos = ["--fifo-dir", join(place.dir, "fifos")];
    return ["run", "--rm", ...runtime, ...cgroup, ...fifos, image, id, ...command];
  }

  test("tells of a pull and a run what the articles tell, in their order", async () => {
    const events = [
      ...(await traced("images", "pull", image)),
      ...(await traced(...runArguments("traced", "/bin/busybox", "true"))),
    ];
    const first = firstOfEach<StepId>(events);
    const told = first.map(({ step }) => step);
    const ofChain = (ids: readonly string[]) =>
      ids.filter((id) => /^(ctr|containerd|shim)\./.test(id) && id !== WITHOUT_PLACE);
    expect(ofChain(told)).toEqual(ofChain(Object.keys(STEPS)));
    const stepsTold = told.map((id) => STEPS[id]);
    expect(numbersOf(stepsTold, "001")).toEqual([7, 8, 9, 10, 11, 12, 13, 14]);
    expect(numbersOf(stepsTold, "002")).toEqual([1, 2, 4, 5, 3, 6, 7, 8]);
    const topics = events.filter(({ step }) => step === "containerd.tell-event").map(({ args }) => args!.topic);
    expect(topics).toEqual(
      expect.arrayContaining(["/images/create", "/containers/create", "/tasks/create", "/tasks/exit"]),
    );
    for (const event of first) {
      expect(STEPS[event.step].actor).toBe(event.actor);
      expect(lineOf(event), `${event.file}:${event.line}`).toContain(`step("${event.step}"`);
    }
  });

  test("names both ends of every call, and who has caused it", async () => {
    const events = await traced(...runArguments("linked", "/bin/busybox", "true"));
    const sent = events.filter(({ kind }) => kind === "send");
    const received = events.filter(({ kind }) => kind === "recv");
    const whatBothKnow = ({ msg }: TraceEvent) => {
      const { channel, from, to, id, summary, answers } = msg!; // where it goes, and its bytes, only the caller tells
      return { channel, from, to, id, summary, answers };
    };
    expect(new Set(received.map(whatBothKnow))).toEqual(new Set(sent.map(whatBothKnow)));
    expect(received).toHaveLength(sent.length);
    const calls = sent.map(({ msg }) => `${msg!.from} ─${msg!.channel}▶ ${msg!.to} ${msg!.summary}`);
    for (const call of [
      "ctr ─grpc▶ containerd containerd.services.tasks.v1.Tasks/Create",
      "containerd ─ttrpc▶ shim containerd.task.v2.Task/Create",
      "containerd ─ttrpc▶ shim containerd.task.v2.Task/Start",
      "shim ─ttrpc▶ containerd containerd.services.events.ttrpc.v1.Events/Forward",
    ])
      expect(calls).toContain(call);
    expect(causesOf(events, "init")).toEqual(["init", "bootstrap", "runc", "shim", "containerd", "ctr"]);
  });

  test("is printed by --trace, beside the container's output, and written for Perfetto by --trace=FILE", async () => {
    const printed = await ctr("--trace", ...runArguments("printed", "echo", "hello"));
    expect(printed).toMatchObject({ stdout: "hello\n", status: 0 });
    expect(printed.stderr).toMatch(
      /▸ 001\/10 A task is created .*packages\/docker-2019\/containerd\/runtime\/task-list.ts:\d+/,
    );
    expect(printed.stderr).toMatch(/init +▸ 000\/7 A system call, execve/);
    const file = join(place.dir, "run.json");
    const written = await ctr(`--trace=${file}`, ...runArguments("written", "sh", "-c", "exit 3"));
    expect(written).toEqual({
      stdout: "",
      stderr: expect.stringMatching(/^trace: \d+ events in .*run\.json/),
      status: 3,
    });
    const { traceEvents } = JSON.parse(readFileSync(file, "utf8")) as { traceEvents: { ph: string; args: object }[] };
    const names = traceEvents.filter(({ ph }) => ph === "M").map(({ args }) => args);
    for (const name of ["ctr", "containerd", "shim", "runc", "bootstrap", "init"])
      expect(names).toContainEqual({ name });
    expect(await ctr("--trace=run.txt", "version")).toMatchObject({
      stderr: expect.stringContaining("ends in .html"),
      status: 1,
    });
  });

  test("leaves a --trace of the container's command to it", async () => {
    expect((await ctr(...runArguments("own", "echo", "--trace"))).stdout).toBe("--trace\n");
  });

  test("ends for containerd and shim when nobody reads it any more", async () => {
    const spool = join(place.dir, "gone.jsonl");
    const env = { ...shellEnvironment(), ERAS_TRACE: spool };
    const run = (...args: string[]): Promise<ProgramResult> =>
      runProgram(CTR, [...containerd.address, ...args], { env });
    expect(await run(...runArguments("unread", "echo", "hello"))).toEqual({ stdout: "hello\n", stderr: "", status: 0 });
  });
});
