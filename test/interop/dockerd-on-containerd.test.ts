/** A dockerd on a containerd of another maker: it doesn't notice the difference, and neither does its user. */
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { processExists } from "@eras/linux/proc.ts";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { GenuineDocker } from "../genuine/docker.ts";
import { DOCKER_20, missingClient } from "../genuine/docker-clients.ts";
import { busyboxImage } from "../harness/busybox-image.ts";
import { CONTAINERD } from "../harness/containerd-2019.ts";
import { newPlace, removePlace } from "../harness/remains.ts";
import { runProgram } from "../harness/run-program.ts";
import { missing } from "../harness/runtime-under-test.ts";
import { MAKERS } from "./chain-programs.ts";
import { DockerStack, type StackPrograms } from "./docker-stack.ts";

const CTR = "/usr/bin/ctr";
const STACKS: readonly StackPrograms[] = [
  { dockerd: "ours", containerd: "genuine", shim: "genuine" },
  { dockerd: "genuine", containerd: "ours", shim: "genuine" },
];
const NAMESPACE = "another";
const WAIT = { timeout: 30_000, interval: 50 };
const reason =
  missing(CTR, "/usr/sbin/dockerd", "/usr/bin/containerd", "/usr/bin/containerd-shim-runc-v2") ??
  missingClient(DOCKER_20);

describe.skipIf(reason).each(STACKS)("a dockerd of $dockerd, on a containerd of $containerd,", (programs) => {
  let stack: DockerStack;
  beforeAll(async () => {
    stack = await DockerStack.start(programs, ["--live-restore", "--containerd-namespace", NAMESPACE]);
  });
  afterAll(() => stack.stop());

  /** Expects that it succeeds. @returns What it prints. */
  async function docker(...args: string[]): Promise<string> {
    const { stdout, stderr, status } = await stack.docker(args);
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    return stdout.trim();
  }

  const run = (...args: string[]) => stack.docker(["run", "--rm", "--network", "none", ...args]);
  const runDetached = (...args: string[]) => docker("run", "-d", "--network", "none", ...args);
  const state = (id: string, format: string) => docker("inspect", "-f", `{{.State.${format}}}`, id);

  test.each(MAKERS)("runs a container by a runc of %s: both outputs, exit status", async (runtime) => {
    const result = await run("--runtime", runtime, "busybox", "sh", "-c", "echo out; echo err >&2; exit 7");
    expect(result).toEqual({ stdout: "out\n", stderr: "err\n", status: 7 });
  });

  test("feeds stdin to its end", async () => {
    const words = ["run", "--rm", "-i", "--network", "none", "busybox", "wc", "-c"];
    expect((await stack.docker(words, Buffer.alloc(300_000))).stdout).toBe("300000\n");
  });

  test("execs, tells processes and statistics, pauses, updates", async () => {
    const id = await runDetached("busybox", "sleep", "1000");
    const exec = await stack.docker(["exec", id, "sh", "-c", "echo inside; exit 3"]);
    expect(exec).toMatchObject({ stdout: "inside\n", status: 3 });
    expect(await docker("top", id)).toContain("sleep 1000");
    expect(await docker("stats", "--no-stream", "--format", "{{.PIDs}} {{.MemUsage}}", id)).toMatch(/^1 [\d.]+.iB/);
    await docker("pause", id);
    expect(await state(id, "Status")).toBe("paused");
    await docker("unpause", id);
    await docker("update", "-m", "64m", "--memory-swap", "64m", id);
    expect(await docker("stats", "--no-stream", "--format", "{{.MemUsage}}", id)).toMatch(/64MiB$/);
  });

  test("keeps its containers in the namespace that it is told", async () => {
    const id = await runDetached("busybox", "sleep", "1000");
    const listed = ["--address", stack.containerd.socket, "--namespace", NAMESPACE, "containers", "ls", "-q"];
    expect((await runProgram(CTR, listed)).stdout.split("\n")).toContain(id);
    await docker("rm", "-f", id);
  });

  test("keeps logs, and stops a container", async () => {
    const script = "trap 'echo bye; exit 6' TERM; echo hello; while :; do usleep 10000; done";
    const id = await runDetached("busybox", "sh", "-c", script);
    await hasLogged(id, "hello");
    await docker("stop", id);
    expect(await state(id, "ExitCode")).toBe("6");
    expect(await docker("logs", id)).toBe("hello\nbye");
  });

  test("starts a container again, as its restart policy says", async () => {
    const id = await runDetached("--restart", "on-failure:2", "busybox", "sh", "-c", "exit 3");
    await vi.waitFor(
      async () => expect(await docker("inspect", "-f", "{{.RestartCount}} {{.State.Status}}", id)).toBe("2 exited"),
      WAIT,
    );
    expect(await state(id, "ExitCode")).toBe("3");
  });

  test("learns that memory ran out", async () => {
    const hog = "a=xxxxxxxxxxxxxxxx; while :; do a=$a$a; done";
    // It lives on: of a cgroup that has gone, a genuine shim tells nothing.
    const id = await runDetached("-m", "16m", "busybox", "sh", "-c", `(${hog}); sleep 1000`);
    await vi.waitFor(async () => expect(await told(id, "oom")).toMatch(/^oom/), WAIT);
    await docker("kill", id);
    expect(await docker("wait", id)).toBe("137");
    expect(await state(id, "OOMKilled")).toBe("true");
  });

  test("goes on when containerd was killed and is back: what ran runs, and its end is noticed", async () => {
    const id = await runUntilGate();
    await stack.containerd.kill();
    await stack.containerd.restart();
    await openGate(id);
    expect(await docker("wait", id)).toBe("5");
    expect(await docker("logs", id)).toBe("ready\nafter");
  });

  test("goes on when it was killed itself and is back: what ran runs, and its end is noticed", async () => {
    const id = await runUntilGate();
    const pid = await state(id, "Pid");
    await stack.dockerd.end("SIGKILL");
    await stack.dockerd.restart();
    expect(await state(id, "Pid")).toBe(pid);
    await openGate(id);
    expect(await docker("wait", id)).toBe("5");
    expect(await docker("logs", id)).toBe("ready\nafter");
  });

  test("learns of an end that came while it was away", async () => {
    const id = await runUntilGate();
    const pid = Number(await state(id, "Pid"));
    await stack.dockerd.end("SIGKILL");
    process.kill(pid, "SIGKILL");
    await vi.waitFor(() => expect(processExists(pid)).toBe(false), WAIT);
    await stack.dockerd.restart();
    expect(await docker("wait", id)).toBe("137");
    expect(await state(id, "Status")).toBe("exited");
  });

  /** The events of a kind that there were of a container. */
  function told(id: string, event: string): Promise<string> {
    const filters = ["--filter", `container=${id}`, "--filter", `event=${event}`];
    return docker(
      "events",
      "--since",
      "0",
      "--until",
      String(Date.now() / 1000),
      ...filters,
      "--format",
      "{{.Action}}",
    );
  }

  /** A container that has printed a line and waits. */
  async function runUntilGate(): Promise<string> {
    const script = "mkfifo /gate; echo ready; read line < /gate; echo after; exit 5";
    const id = await runDetached("busybox", "sh", "-c", script);
    await hasLogged(id, "ready");
    return id;
  }

  /** Lets it go on, once dockerd has come back to containerd, which it does in its own time. */
  const openGate = (id: string) =>
    vi.waitFor(
      async () => expect(await stack.docker(["exec", id, "sh", "-c", "echo > /gate"])).toMatchObject({ status: 0 }),
      WAIT,
    );

  const hasLogged = (id: string, text: string) =>
    vi.waitFor(async () => expect(await docker("logs", id)).toBe(text), WAIT);
});

describe.skipIf(reason)("a genuine dockerd that starts our containerd itself", () => {
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
