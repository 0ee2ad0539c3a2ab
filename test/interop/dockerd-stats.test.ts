/** `docker stats` at our dockerd, and at the genuine one: what is measured is never the same, what is told of it is. */
import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ContainerStats } from "../../packages/docker-2019/engine-api/stats.ts";
import { busyboxImage } from "../harness/busybox-image.ts";
import { Dockerd2019 } from "../harness/dockerd-2019.ts";
import { runProgram } from "../harness/run-program.ts";
import { shapeOf } from "../harness/shape.ts";
import { DockerCliSession, missingForDocker } from "./docker-cli-session.ts";

const missing = missingForDocker("/usr/bin/curl");
const START_MS = 90_000;
const BUSY = ["run", "-d", "--name", "busy", "-m", "64m", "busybox", "sh", "-c", "while :; do :; done"];

describe.skipIf(missing)(`dockerd's stats${missing ? `: ${missing}` : ""}`, () => {
  let session: DockerCliSession;
  let dockerd: Dockerd2019;
  beforeAll(async () => {
    session = await DockerCliSession.start();
    dockerd = await Dockerd2019.start();
    await dockerd.docker(["load", "-q"], busyboxImage("busybox:latest"));
    for (const words of [BUSY, ["create", "--name", "idle", "busybox"]]) {
      expect(await session.genuine(words)).toMatchObject({ status: 0 });
      expect(await dockerd.docker(words)).toMatchObject({ status: 0 });
    }
  }, START_MS);
  afterAll(async () => {
    await dockerd.stop();
    await session.stop();
  }, START_MS);

  function samples(name: string): [ours: ContainerStats, genuine: ContainerStats] {
    const [ours, genuine] = [dockerd.socket, `${session.daemon.place.dir}/docker.sock`].map((socket) => {
      const url = `http://docker/v1.40/containers/${name}/stats?stream=0`;
      return JSON.parse(execFileSync("curl", ["-s", "--unix-socket", socket, url], { encoding: "utf8" }));
    });
    return [ours, genuine];
  }

  test("have all members that the genuine one's have", () => {
    const [ours, genuine] = samples("busy").map(shapeOf);
    expect(withoutDevices(ours)).toEqual(withoutDevices(genuine));
  });

  test("tell what a busy container takes", () => {
    const [{ cpu_stats: now, precpu_stats: before, memory_stats, pids_stats }] = samples("busy");
    const share =
      (now.cpu_usage.total_usage - before.cpu_usage.total_usage) / (now.system_cpu_usage! - before.system_cpu_usage!);
    expect(share).toBeGreaterThan(0.01); // of all processors, on a machine that may be busy itself
    expect(share).toBeLessThan(1);
    expect(memory_stats.limit).toBe(64 * 2 ** 20);
    expect(memory_stats.usage).toBeGreaterThan(0);
    expect(pids_stats.current).toBe(1);
  });

  test("are empty when nothing runs", () => {
    const [ours, genuine] = samples("idle");
    expect({ ...ours, id: "" }).toEqual({ ...genuine, id: "" });
  });

  test("end with the container", async () => {
    await dockerd.docker(["run", "-d", "--name", "short", "busybox", "sleep", "1000"]);
    const url = "http://docker/v1.40/containers/short/stats";
    const streaming = runProgram("curl", ["-s", "--unix-socket", dockerd.socket, url], {
      onStdout: () => void dockerd.docker(["rm", "-f", "short"]),
    });
    expect(await streaming).toMatchObject({ status: 0 });
  });

  test("make a table, of our client and of the genuine one", async () => {
    const row = /^[0-9a-f]{12} +busy +\d+\.\d\d% +\S+ \/ 64MiB +\d+\.\d\d% +\S+ \/ \S+ +\S+ \/ \S+ +1\s*$/m;
    for (const program of [undefined, session.program])
      expect((await dockerd.docker(["stats", "--no-stream", "busy"], "", program)).stdout).toMatch(row);
  });
});

/** The network: the genuine daemon of these tests has no bridge. Devices: who has read from one is chance. */
function withoutDevices(shape: unknown): object {
  const { networks: _, blkio_stats, ...rest } = shape as Record<string, object>;
  return { ...rest, blkio_stats: Object.keys(blkio_stats!) };
}
