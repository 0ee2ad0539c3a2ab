/**
 * `docker --trace`: one run through docker, dockerd, containerd, the shim, runc and the init. Every declared step of docker and dockerd is told,
 * in the order of steps.ts; the eight messages of article 004 pass between the two in its order; and strace, the second witness, has seen every
 * kernel call that is claimed, and no other.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { MESSAGES } from "@eras/docker-2019/messages.ts";
import { STEPS, type StepId } from "@eras/docker-2019/steps.ts";
import { childrenOf } from "@eras/linux/proc.ts";
import type { TraceEvent } from "@eras/trace/event.ts";
import { MessageFinder } from "@eras/trace/message.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DOCKER_REGISTRY, GenuineRegistry } from "../genuine/registry.ts";
import { busyboxImage } from "../harness/busybox-image.ts";
import { callsOfChain } from "../harness/chain-under-strace.ts";
import { Dockerd2019 } from "../harness/dockerd-2019.ts";
import { causesOf, finished, firstOfEach, lineOf, numbersOf } from "../harness/run-events.ts";
import { type ProgramResult, runProgram, shellEnvironment } from "../harness/run-program.ts";
import { missing } from "../harness/runtime-under-test.ts";
import { WITHOUT_PLACE } from "../harness/steps-2019.ts";
import { Strace } from "../harness/strace.ts";
import { expectSame } from "../harness/two-witnesses.ts";

const DOCKER = resolve(import.meta.dirname, "../../bin/docker-2019");
const CASE_MS = 60_000;

describe("a traced run of docker", { timeout: CASE_MS }, () => {
  const reason = missing(DOCKER_REGISTRY);
  if (reason) return void test.skip(reason);

  let dockerd: Dockerd2019;
  let registry: GenuineRegistry;
  let image: string;
  let runs = 0;
  beforeAll(async () => {
    dockerd = await Dockerd2019.start();
    const registryDir = join(dockerd.place.dir, "registry");
    mkdirSync(registryDir);
    registry = await GenuineRegistry.start(registryDir);
    image = `${registry.domain}/busybox:1`;
    expect(await docker(["load"], { input: busyboxImage(image) })).toMatchObject({ status: 0 });
    expect(await docker(["push", image])).toMatchObject({ status: 0 });
  }, CASE_MS);
  afterAll(async () => {
    await registry.stop();
    await dockerd.stop();
  });

  const environment = () => ({
    ...shellEnvironment(),
    DOCKER_HOST: `unix://${dockerd.socket}`,
    DOCKER_CONFIG: dockerd.place.dir,
  });

  function docker(args: readonly string[], { input, spool }: { input?: Buffer; spool?: string } = {}) {
    const env = { ...environment(), ...(spool !== undefined && { ERAS_TRACE: spool }) };
    return runProgram(DOCKER, args, { input, env });
  }

  function newSpool(): string {
    const spool = join(dockerd.place.dir, `run-${runs++}.jsonl`);
    writeFileSync(spool, "");
    return spool;
  }

  /** Runs docker as a part of a run. @returns What it printed, and what all programs have told. */
  async function traced(...args: string[]): Promise<ProgramResult & { events: TraceEvent[] }> {
    const spool = newSpool();
    const result = await docker(args, { spool });
    return { ...result, events: await finished(spool) };
  }

  const withoutImage = () => docker(["rmi", image]);

  test("tells the fourteen steps of article 001, and every declared step of docker and dockerd, in their order", async () => {
    await withoutImage();
    const { events, stdout, status } = await traced("run", "--rm", "-p", "127.0.0.1::80", image, "echo", "hi");
    expect({ stdout, status }).toEqual({ stdout: "hi\n", status: 0 });
    const first = firstOfEach<StepId>(events);
    const told = first.map(({ step }) => step).filter((id) => !WITHOUT_PLACE.includes(id));
    const declared = (Object.keys(STEPS) as StepId[]).filter((id) => !WITHOUT_PLACE.includes(id));
    expect(told).toEqual(declared.filter((id) => told.includes(id)));
    const isOfTheTop = (id: string) => /^dockerd?\./.test(id);
    expect(told.filter(isOfTheTop)).toEqual(declared.filter(isOfTheTop));
    const stepsTold = told.map((id) => STEPS[id]);
    expect(numbersOf(stepsTold, "001")).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
    expect(numbersOf(stepsTold, "000").filter((number) => number !== 8)).toEqual([1, 2, 3, 4, 5, 6, 7]); // 8 needs a security module
    for (const event of first) {
      expect(STEPS[event.step].actor).toBe(event.actor);
      expect(lineOf(event), `${event.file}:${event.line}`).toContain(`step("${event.step}"`);
    }
  });

  test("passes the eight messages of article 004 between docker and dockerd, with what is in them", async () => {
    await withoutImage();
    const { events } = await traced("run", "--rm", image, "echo", "hi");
    const drawn = drawnMessages(events);
    expect(drawn.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const [, notFound, createImage, imageCreated, create, containerId] = drawn.map(({ event }) => event);
    expect(create!.args).toMatchObject({ body: { Image: image, Cmd: ["echo", "hi"] } });
    expect(notFound!.args).toEqual({ body: { message: `No such image: ${image}` } });
    expect(containerId!.args).toEqual({ body: { Id: expect.stringMatching(/^[0-9a-f]{64}$/), Warnings: [] } });
    expect(streamed(events, "/images/create?")).toContain('{"status":');
    expect(JSON.parse(streamed(events, "/wait?"))).toMatchObject({ StatusCode: 0 });
    const pull = events.find(({ step }) => step === "dockerd.pull-image")!;
    const named = events.find(({ step }) => step === "dockerd.name-image")!;
    const inOrder = [createImage, pull, named, imageCreated].map((event) => events.indexOf(event!));
    expect(inOrder).toEqual(inOrder.toSorted((a, b) => a - b));
    const again = await traced("run", "--rm", image, "true");
    expect(drawnMessages(again.events).map(({ number }) => number)).toEqual([1, 6, 7, 8]);
  });

  test("names both ends of every message, who has caused it, and the OCI spec", async () => {
    const { events } = await traced("run", "--rm", "--network", "none", image, "echo", "hi");
    const ofKind = (kind: string) => events.filter((event) => event.kind === kind).map(({ msg }) => msg!);
    const ends = (messages: readonly { id: string }[]) => messages.map(({ id }) => id).sort();
    expect(ends(ofKind("recv"))).toEqual(ends(ofKind("send")));
    const calls = new Set(ofKind("send").map(({ from, to, channel }) => `${from} ─${channel}▶ ${to}`));
    expect([...calls]).toEqual(
      expect.arrayContaining([
        "docker ─http▶ dockerd",
        "dockerd ─http▶ docker",
        "dockerd ─grpc▶ containerd",
        "containerd ─ttrpc▶ shim",
        "shim ─ttrpc▶ containerd",
      ]),
    );
    expect(causesOf(events, "init")).toEqual(["init", "bootstrap", "runc", "shim", "containerd", "dockerd", "docker"]);
    const { args } = events.find(({ step }) => step === "dockerd.call-create")!;
    expect(args).toMatchObject({ spec: { ociVersion: expect.any(String), process: { args: ["echo", "hi"] } } });
  });

  test("claims every kernel call that strace sees of docker, dockerd and all below, in order, and no other", async () => {
    const daemons = [dockerd.pid, ...childrenOf(dockerd.pid)];
    const strace = await Strace.attach(...daemons);
    const spool = newSpool();
    const command = [DOCKER, "run", "--rm", "-p", "127.0.0.1::80", image, "/bin/busybox", "true"];
    const ofDocker = await Strace.run(command, { ...environment(), ERAS_TRACE: spool });
    const events = await finished(spool);
    const seen = new Map([...ofDocker, ...(await strace.detach())]);
    const witnessed = expectSame(events, callsOfChain(seen, daemons));
    const all = [...witnessed.values()].flat().join("\n");
    for (const call of [
      "clone",
      "unshare CLONE_NEWNET",
      "setns",
      "mount",
      "umount2",
      "pivot_root",
      "prctl",
      "seccomp",
      "kill",
    ])
      expect(all).toContain(call);
    expect(all).toMatch(/^execve .*docker-proxy-2019$/m);
  });

  test("is printed beside the container's output, and written for Perfetto; what follows the image is the container's", async () => {
    const run = ["run", "--rm", "--network", "none", image];
    const printed = await docker(["--trace", ...run, "sh", "-c", "echo $ERAS_TRACE; exit 3", "--trace"]);
    expect(printed).toMatchObject({ stdout: "\n", status: 3 });
    expect(printed.stderr).toMatch(
      /▸ 001\/6 The container's OCI spec is made .*packages\/docker-2019\/dockerd\/daemon\/container-spec.ts:\d+/,
    );
    expect(printed.stderr).toMatch(/→ docker by http: 004\/8 container started: 204 No Content/);
    const file = join(dockerd.place.dir, "run.json");
    const written = await docker([`--trace=${file}`, ...run, "true"]);
    expect(written).toEqual({
      stdout: "",
      stderr: expect.stringMatching(/^trace: \d+ events in .*run\.json/),
      status: 0,
    });
    const { traceEvents } = JSON.parse(readFileSync(file, "utf8")) as {
      traceEvents: { ph: string; name: string; args: object }[];
    };
    const names = traceEvents.filter(({ ph }) => ph === "M").map(({ args }) => args);
    for (const name of ["docker", "dockerd", "containerd", "shim", "runc", "bootstrap", "init"])
      expect(names).toContainEqual({ name });
    expect(traceEvents.map(({ name }) => name)).toContain("004/6 container id: 201 Created");
    expect(await docker(["--trace=run.txt", "ps"])).toMatchObject({
      stderr: expect.stringContaining("ends in .html"),
      status: 1,
    });
  });

  test("leaves no password in it", async () => {
    const spool = newSpool();
    await docker(["login", "-u", "user", "--password-stdin", registry.domain], {
      spool,
      input: Buffer.from("hunter2"),
    });
    const events = await finished(spool);
    expect(JSON.stringify(events)).toContain("POST /v1.40/auth");
    expect(JSON.stringify(events)).not.toContain("hunter2");
  });
});

/** The messages of article 004's drawing, as whoever sends them tells of them. */
function drawnMessages(events: readonly TraceEvent[]) {
  const finder = new MessageFinder(MESSAGES);
  return events.flatMap((event) => {
    const number = finder.find(event)?.number;
    return number !== undefined && event.kind === "send" ? [{ number, event }] : [];
  });
}

/** What came piece by piece as the answer to a request. */
function streamed(events: readonly TraceEvent[], request: string): string {
  const end = events.find(({ kind, msg }) => kind === "recv" && msg!.payload && msg!.answers?.includes(request));
  return Buffer.from(end!.msg!.payload!.base64, "base64").toString();
}
