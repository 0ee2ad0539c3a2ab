/**
 * What `--trace` tells is true: each watched kernel call that strace sees is claimed, in order, and none is claimed that strace does
 * not see. And it changes nothing: the bytes between client and daemon are the same with and without it.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import { LXC_START, TestContainer } from "@eras/docker-2013/lxc-start/test-container.ts";
import { STEPS } from "@eras/docker-2013/steps.ts";
import { childrenOf } from "@eras/linux/proc.ts";
import { byTime, parseSpool } from "@eras/trace/timeline.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Docker2013 } from "../harness/docker-2013.ts";
import { finished } from "../harness/run-events.ts";
import { Strace } from "../harness/strace.ts";
import { expectSame } from "../harness/two-witnesses.ts";

let docker: Docker2013;
beforeAll(async () => {
  docker = await Docker2013.start();
  await docker.putBusybox();
});
afterAll(() => docker.stop());

let runs = 0;

/** Environment that makes the client's command a traced run, and the run's spool file. */
function traced(): { env: NodeJS.ProcessEnv; spool: string } {
  const links = join(docker.runDir, "trace");
  mkdirSync(links, { recursive: true });
  const spool = join(links, `run-${runs++}.jsonl`);
  writeFileSync(spool, "");
  return { env: { ERAS_TRACE: spool, ERAS_TRACE_LINKS: links }, spool };
}

/** Whether the container's init has become the program: before, a signal would come into the middle of its set-up. */
async function isRunning(id: string): Promise<boolean> {
  const { State } = JSON.parse((await docker.docker(["inspect", id])).stdout);
  const [init] = childrenOf(State.Pid);
  return init !== undefined && readFileSync(`/proc/${init}/comm`, "utf8") === "sleep\n";
}

describe("a traced run", () => {
  test("claims every watched kernel call, in order, and no other", async () => {
    const strace = await Strace.attach(docker.pid);
    const { env, spool } = traced();
    const { stdout } = await docker.docker(["run", "-a", "busybox", "/bin/echo", "hi"], { env });
    const events = await finished(spool);
    const seen = await strace.detach();
    expect(stdout).toBe("hi\n");
    const witnessed = expectSame(events, seen);
    const all = [...witnessed.values()].flat().join("\n");
    for (const call of ["clone", "unshare", "setns", "mount", "umount2", "pivot_root", "execve", "prctl"])
      expect(all).toContain(call);
  });

  test("claims the signal that ends a container, too", async () => {
    const strace = await Strace.attach(docker.pid);
    const [run, kill] = [traced(), traced()];
    const { stdout } = await docker.docker(["run", "busybox", "/bin/sleep", "1000"], { env: run.env });
    while (!(await isRunning(stdout.trim())));
    await docker.docker(["kill", stdout.trim()], { env: kill.env });
    const ofKill = await finished(kill.spool);
    const ofRun = parseSpool(readFileSync(run.spool, "utf8"));
    const seen = await strace.detach();
    const witnessed = expectSame([...ofRun, ...ofKill].sort(byTime), seen);
    expect(witnessed.get(docker.pid)?.some((call) => /^kill \d+ SIGKILL$/.test(call))).toBe(true);
  });

  test("claims what a container with a filter, fewer capabilities and a network of its own asks for", async () => {
    const container = new TestContainer();
    const policy = join(container.dir, "policy");
    writeFileSync(policy, "2\ndenylist\nchmod errno 1\n");
    const config = container.write([`lxc.seccomp = ${policy}`, "lxc.cap.drop = sys_admin", "lxc.network.type = empty"]);
    const spool = join(container.dir, "run.jsonl");
    writeFileSync(spool, "");
    const command = [LXC_START, "-n", container.name, "-f", config, "--", "/bin/busybox", "true"];
    const seen = await Strace.run(command, { PATH: process.env.PATH, ERAS_TRACE: spool });
    const witnessed = expectSame(await finished(spool), seen);
    container.remove();
    const all = [...witnessed.values()].flat().join("\n");
    for (const call of ["clone", "unshare", "setns", "mount", "pivot_root", "execve /bin/busybox", "prctl", "seccomp"])
      expect(all).toContain(call);
  });

  test("tells the article's six steps in their order, and what the container has used", async () => {
    const { env, spool } = traced();
    await docker.docker(["run", "-a", "busybox", "/bin/true"], { env });
    const events = await finished(spool);
    const numbers = events.map((event) => event.step && STEPS[event.step as keyof typeof STEPS].number).filter(Boolean);
    expect(numbers).toEqual([1, 2, 3, 4, 5, 6]);
    const counted = events.find(({ object }) => object?.type === "cgroup" && object.change === "remove")?.args;
    expect(counted?.cpuNs).toBeGreaterThan(0); // the cgroup is gone: nobody could ask any more
  });

  test("names a line of source for each event that has one to name", async () => {
    const { env, spool } = traced();
    await docker.docker(["run", "-a", "busybox", "/bin/true"], { env });
    for (const event of (await finished(spool)).filter((e) => e.kind === "point" || e.kind === "kernel")) {
      expect(event.file, event.name).toBeDefined();
      const line = readFileSync(join(import.meta.dirname, "../..", event.file!), "utf8").split("\n")[event.line! - 1];
      if (event.kind === "point") expect(line, `${event.file}:${event.line}`).toContain(`step("${event.step}"`);
    }
  });

  test("leaves no note or variable behind", async () => {
    const { env, spool } = traced();
    const { stdout } = await docker.docker(["run", "-a", "busybox", "/bin/env"], { env });
    await finished(spool);
    expect(stdout).not.toContain("ERAS_");
    expect(existsSync(join(docker.runDir, "trace"))).toBe(true);
  });
});

test("the bytes between client and daemon are the same with tracing on and off", async () => {
  const plain = await recordWire({});
  const { env, spool } = traced();
  const withTrace = await recordWire({ ERAS_TRACE: env.ERAS_TRACE, ERAS_TRACE_LINKS: env.ERAS_TRACE_LINKS });
  expect(withTrace).toEqual(plain);
  expect(readFileSync(spool, "utf8")).toContain('"kind":"send"');
});

/** Runs a command through a proxy that notes what passes in each direction. */
async function recordWire(env: NodeJS.ProcessEnv): Promise<{ toDaemon: string; toClient: string }> {
  const wire = { toDaemon: "", toClient: "" };
  const proxy = createServer({ allowHalfOpen: true }, (client) => {
    const [host, port] = docker.tcp.split(":");
    const daemon = connect({ host: host!, port: Number(port), allowHalfOpen: true });
    client.on("data", (bytes) => (wire.toDaemon += bytes.toString("latin1")));
    daemon.on("data", (bytes) => (wire.toClient += bytes.toString("latin1")));
    client.pipe(daemon);
    daemon.pipe(client);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const address = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  await docker.docker(["run", "-a", "-i", "busybox", "/bin/cat"], {
    input: "hello, wire\n",
    env: { ...env, DOCKER: address },
  });
  proxy.close();
  return wire;
}
