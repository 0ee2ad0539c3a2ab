/** What a pause is to a container's health, at our dockerd and at the genuine one. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { busyboxImage } from "../harness/busybox-image.ts";
import { Dockerd2019 } from "../harness/dockerd-2019.ts";
import type { ProgramResult } from "../harness/run-program.ts";
import { DockerCliSession, missingForDocker } from "./docker-cli-session.ts";

const missing = missingForDocker();
const START_MS = 90_000;
const WAIT = { timeout: 30_000, interval: 50 };
const HEALTH = "{{.State.Health.Status}} {{.State.Health.FailingStreak}}";

type Docker = (args: readonly string[]) => Promise<ProgramResult>;

describe.skipIf(missing)(`dockerd's health checks${missing ? `: ${missing}` : ""}`, () => {
  let session: DockerCliSession;
  let dockerd: Dockerd2019;
  beforeAll(async () => {
    session = await DockerCliSession.start();
    dockerd = await Dockerd2019.start();
    await dockerd.docker(["load", "-q"], busyboxImage("busybox:latest"));
  }, START_MS);
  afterAll(async () => {
    await dockerd.stop();
    await session.stop();
  }, START_MS);

  /** What is told of a container that is well, then paused, then not. */
  async function story(docker: Docker): Promise<string[]> {
    const told = async (...args: string[]) => (await docker(args)).stdout.trim();
    const checks = ["--health-cmd", "true", "--health-interval", "100ms"];
    await docker(["run", "-d", "--name", "patient", ...checks, "busybox", "sleep", "1000"]);
    const health = () => told("inspect", "-f", HEALTH, "patient");
    const well = () => vi.waitFor(async () => expect(await health()).toBe("healthy 0"), WAIT);
    await well();
    await docker(["pause", "patient"]);
    const paused = [await health(), await told("ps", "--filter", "health=unhealthy", "--format", "{{.Names}}")];
    await docker(["unpause", "patient"]);
    await well();
    const events = await told("events", "--since", "0", "--until", `${Date.now() / 1000}`, "--format", "{{.Action}}");
    await docker(["rm", "-f", "patient"]);
    return [...paused, ...events.split("\n").filter((action) => /^(health_status|(un)?pause)/.test(action))];
  }

  test("call it ill for as long as nobody looks", async () => {
    const ours = await story((args) => dockerd.docker(args));
    expect(ours).toEqual(await story(session.genuine));
    expect(ours[0]).toBe("unhealthy 0");
  }, 90_000);
});
