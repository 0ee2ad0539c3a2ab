/** A genuine dockerd on our containerd: it doesn't notice the difference, and neither does its user. */
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GenuineDocker } from "../genuine/docker.ts";
import { busyboxImage } from "../harness/busybox-image.ts";
import { CONTAINERD, Containerd2019 } from "../harness/containerd-2019.ts";
import { newPlace, type Place, removePlace } from "../harness/remains.ts";
import { missing, RUNTIME } from "../harness/runtime-under-test.ts";

describe("a genuine dockerd, on our containerd,", () => {
  const reason = missing("/usr/sbin/dockerd", "/usr/bin/docker", "/usr/bin/containerd-shim-runc-v2");
  if (reason) return void test.skip(reason);

  let place: Place;
  let containerd: Containerd2019;
  let docker: GenuineDocker;
  beforeAll(async () => {
    place = newPlace();
    containerd = await Containerd2019.start(place.dir);
    const where = ["--containerd", containerd.socket, "--cgroup-parent", `/${place.cgroupParent}`];
    docker = await GenuineDocker.start(place.dir, { flags: where, runtimes: { ours: RUNTIME.path } });
    docker.docker(["load"], busyboxImage("busybox:latest"));
  });
  afterAll(async () => {
    const ids = docker.docker(["ps", "-aq"]).split("\n").filter(Boolean);
    if (ids.length > 0) docker.docker(["rm", "-f", ...ids]);
    await containerd.stop(); // before dockerd, which takes the directory away
    await docker.stop();
    expect(await removePlace(place)).toEqual([]);
  });

  const run = (...args: string[]) => docker.run(["run", "--network", "none", ...args]);
  const runDetached = (...args: string[]) => docker.docker(["run", "-d", "--network", "none", ...args]);
  const state = (id: string, format: string) => docker.docker(["inspect", "-f", `{{.State.${format}}}`, id]);
  async function until(condition: () => boolean): Promise<void> {
    while (!condition()) await delay(20);
  }

  for (const runtime of ["runc", "ours"]) {
    test(`runs a container by ${runtime}: both outputs, exit status`, async () => {
      expect(await run("--rm", "--runtime", runtime, "busybox", "sh", "-c", "echo out; echo err >&2; exit 7")).toEqual({
        stdout: "out\n",
        stderr: "err\n",
        status: 7,
      });
    });
  }

  test("feeds stdin to its end", async () => {
    const args = ["run", "--rm", "-i", "--network", "none", "busybox", "wc", "-c"];
    expect((await docker.run(args, Buffer.alloc(300_000))).stdout).toBe("300000\n");
  });

  test("execs, tells processes and statistics, pauses, updates", async () => {
    const id = runDetached("busybox", "sleep", "1000");
    expect(await docker.run(["exec", id, "sh", "-c", "echo inside; exit 3"])).toMatchObject({
      stdout: "inside\n",
      status: 3,
    });
    expect(docker.docker(["top", id])).toContain("sleep 1000");
    expect(docker.docker(["stats", "--no-stream", "--format", "{{.PIDs}} {{.MemUsage}}", id])).toMatch(/^1 [\d.]+.iB/);
    docker.docker(["pause", id]);
    expect(state(id, "Status")).toBe("paused");
    docker.docker(["unpause", id]);
    docker.docker(["update", "-m", "64m", "--memory-swap", "64m", id]);
    expect(docker.docker(["stats", "--no-stream", "--format", "{{.MemUsage}}", id])).toMatch(/64MiB$/);
  });

  test("keeps logs, and stops a container", async () => {
    const id = runDetached(
      "busybox",
      "sh",
      "-c",
      "trap 'echo bye; exit 6' TERM; echo hello; while :; do usleep 10000; done",
    );
    await until(() => docker.docker(["logs", id]) === "hello");
    docker.docker(["stop", id]);
    expect(state(id, "ExitCode")).toBe("6");
    expect(docker.docker(["logs", id])).toBe("hello\nbye");
  });

  test("starts a container again, as its restart policy says", async () => {
    const id = runDetached("--restart", "on-failure:2", "busybox", "sh", "-c", "exit 3");
    await until(() => docker.docker(["inspect", "-f", "{{.RestartCount}} {{.State.Status}}", id]) === "2 exited");
    expect(state(id, "ExitCode")).toBe("3");
  });

  test("learns that memory ran out", async () => {
    const id = runDetached("-m", "16m", "busybox", "sh", "-c", "a=xxxxxxxxxxxxxxxx; while :; do a=$a$a; done");
    expect(docker.docker(["wait", id])).toBe("137");
    expect(state(id, "OOMKilled")).toBe("true");
  });

  test("goes on when containerd was killed and is back: what ran runs, and its end is noticed", async () => {
    const fifo = runDetached("busybox", "sh", "-c", "mkfifo /gate; echo ready; read line < /gate; echo after; exit 5");
    await until(() => docker.docker(["logs", fifo]) === "ready");
    await containerd.kill();
    await containerd.restart();
    await until(() =>
      docker.docker(["version", "-f", "{{range .Server.Components}}{{.Name}} {{end}}"]).includes("containerd"),
    );
    await eventually(async () => (await docker.run(["exec", fifo, "sh", "-c", "echo > /gate"])).status === 0);
    expect(docker.docker(["wait", fifo])).toBe("5");
    expect(docker.docker(["logs", fifo])).toBe("ready\nafter");
  });

  /** dockerd comes back to containerd in its own time. */
  async function eventually(condition: () => Promise<boolean>): Promise<void> {
    while (!(await condition())) await delay(100);
  }
});

describe("a genuine dockerd that starts our containerd itself", () => {
  const reason = missing("/usr/sbin/dockerd", "/usr/bin/docker", "/usr/bin/containerd-shim-runc-v2");
  if (reason) return void test.skip(reason);

  test("configures it, runs on it, and ends it", async () => {
    const place = newPlace();
    const programs = join(place.dir, "bin");
    mkdirSync(programs);
    symlinkSync(CONTAINERD, join(programs, "containerd"));
    const docker = await GenuineDocker.start(place.dir, {
      programs,
      flags: ["--cgroup-parent", `/${place.cgroupParent}`],
    });
    docker.docker(["load"], busyboxImage("busybox:latest"));
    const hello = await docker.run(["run", "--rm", "--network", "none", "busybox", "echo", "hello"]);
    expect(hello).toEqual({ stdout: "hello\n", stderr: "", status: 0 });
    expect(docker.docker(["version", "-f", "{{json .Server.Components}}"])).toContain("docker-eras");
    await docker.stop();
    expect(await removePlace(place)).toEqual([]);
  });
});
