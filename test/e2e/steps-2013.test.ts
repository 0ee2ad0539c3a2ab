/**
 * Every step that 2013 declares is told by a run that is traced, each program's in the order of steps.ts: by a plain run of docker, and, for what
 * no file of January 2013 asked for, by lxc-start with a configuration that does.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LXC_START, TestContainer } from "@eras/docker-2013/lxc-start/test-container.ts";
import { STEPS, type StepId } from "@eras/docker-2013/steps.ts";
import { parseSpool } from "@eras/trace/timeline.ts";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { Docker2013 } from "../harness/docker-2013.ts";
import { runProgram } from "../harness/run-program.ts";

const DECLARED = Object.keys(STEPS) as StepId[];
/** What Docker's own file leaves to later versions. */
const NOT_ASKED_FOR: readonly StepId[] = [
  "lxc-start.seccomp-policy",
  "lxc-start.id-maps",
  "lxc-start.network",
  "init.become-root",
];

/** Steps of a run's spool file, each once, as they came first. */
function told(spool: string): StepId[] {
  const ids = parseSpool(readFileSync(spool, "utf8")).flatMap(({ step }) => (step as StepId | undefined) ?? []);
  return [...new Set(ids)];
}

/** Programs run side by side: each has its own order. */
function expectInOrder(ids: readonly StepId[]): void {
  for (const actor of new Set(ids.map((id) => STEPS[id].actor))) {
    const isActors = (id: StepId) => STEPS[id].actor === actor;
    expect(ids.filter(isActors)).toEqual(DECLARED.filter((id) => isActors(id) && ids.includes(id)));
  }
}

describe("the steps of 2013", () => {
  let docker: Docker2013;
  beforeAll(async () => {
    docker = await Docker2013.start();
    await docker.putBusybox();
  });
  afterAll(() => docker.stop());

  test("are told by docker run, but for what its configuration doesn't ask for", async () => {
    const links = join(docker.runDir, "trace");
    mkdirSync(links, { recursive: true });
    const spool = join(links, "run.jsonl");
    writeFileSync(spool, "");
    const env = { ERAS_TRACE: spool, ERAS_TRACE_LINKS: links };
    await docker.docker(["run", "-a", "busybox", "/bin/true"], { env });
    await vi.waitFor(() => expect(told(spool)).toContain("dockerd.set-stopped"), { timeout: 30_000 });
    const ids = told(spool);
    expect(new Set(ids)).toEqual(new Set(DECLARED).difference(new Set(NOT_ASKED_FOR)));
    expectInOrder(ids);
  });

  test("are told by lxc-start and init, all of them, where the configuration asks for all", async () => {
    const container = new TestContainer();
    const policy = join(container.dir, "policy");
    writeFileSync(policy, "2\ndenylist\nchmod errno 1\n");
    const idMaps = ["u", "g"].map((kind) => `lxc.id_map = ${kind} 0 100000 65536`);
    const config = container.write([`lxc.seccomp = ${policy}`, "lxc.network.type = empty", "lxc.tty = 1", ...idMaps]);
    const spool = join(container.dir, "run.jsonl");
    writeFileSync(spool, "");
    const command = ["-n", container.name, "-f", config, "--", "/bin/busybox", "true"];
    const env = { PATH: process.env.PATH, ERAS_TRACE: spool };
    expect(await runProgram(LXC_START, command, { env })).toEqual({ stdout: "", stderr: "", status: 0 });
    const ids = told(spool);
    container.remove();
    expect(new Set(ids)).toEqual(new Set(DECLARED.filter((id) => /^(lxc-start|init)\./.test(id))));
    expectInOrder(ids);
  });
});
