/**
 * `--init`, from the spec to the process: a root file system with nothing but a static busybox, the host's docker-init bound into it, run by
 * runc. What it is good for is shown by what happens without it.
 */
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findInit } from "@eras/docker-2019/docker-init/find.ts";
import { createSpec } from "@eras/docker-2019/dockerd/spec/spec.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newPlace, type Place, removePlace } from "../harness/remains.ts";
import { missing, RUNTIME } from "../harness/runtime-under-test.ts";

const BUSYBOX = "/bin/busybox";

describe(`docker-init in a container of ${RUNTIME.name}`, () => {
  const reason = missing(BUSYBOX);
  if (reason) return void test.skip(reason);

  let place: Place;
  let initPath: string;
  beforeAll(async () => {
    place = newPlace();
    initPath = await findInit({ dataRoot: place.dir, tell: () => {} });
  });
  afterAll(async () => expect(await removePlace(place)).toEqual([]));

  test("is PID 1, and the command is its child", async () => {
    const container = await start(true, "sleep 60");
    expect(container.processes()).toEqual(["1 0 /sbin/docker-init", expect.stringMatching(/^\d+ 1 \/busybox$/)]);
    expect(container.inside("tr '\\0' ' ' < /proc/1/cmdline")).toBe(
      "/sbin/docker-init -- /busybox sh -c echo up; exec /busybox sleep 60",
    );
    await container.kill("KILL");
  });

  test("hands on a signal that ends the command", async () => {
    const container = await start(true, "sleep 60");
    container.signal("TERM");
    expect(await container.ended).toBe(128 + 15);
  });

  test("is missed where the command is PID 1: the kernel keeps from it what it has no handler for", async () => {
    const container = await start(false, "sleep 60");
    container.signal("TERM");
    expect(container.processes()).toEqual(["1 0 /busybox"]);
    await container.kill("KILL");
  });

  /** The inner shell ends before the sleep that it has started, and PID 1 becomes that one's parent. */
  const WITH_ORPHAN = "sh -c '/busybox sleep 0.2 & exit'; exec /busybox sleep 60";
  const STATES = "/busybox grep -h '^State' /proc/[0-9]*/status";

  test("reaps orphans", async () => {
    const container = await start(true, WITH_ORPHAN);
    await until(() => container.processes().length === 2);
    expect(container.inside(STATES)).not.toContain("zombie");
    await container.kill("KILL");
  });

  test("is missed where orphans come to a command that knows nothing of them", async () => {
    const container = await start(false, WITH_ORPHAN);
    await until(() => container.inside(STATES).includes("zombie"));
    await container.kill("KILL");
  });

  test("ends as the command ends", async () => {
    const container = await start(true, "sh -c 'exit 7'");
    expect(await container.ended).toBe(7);
  });

  test("hands on what it is sent to a command that listens", async () => {
    const container = await start(
      true,
      "sh -c 'trap \"exit 9\" USR1; echo up; while :; do /busybox sleep 0.05; done'",
      2,
    );
    container.signal("USR1");
    expect(await container.ended).toBe(9);
  });

  interface Container {
    /** Its exit status. */
    readonly ended: Promise<number | null>;
    /** `PID PPID PROGRAM`, as the container numbers them. */
    processes(): string[];
    inside(script: string): string;
    signal(name: string): void;
    kill(name: string): Promise<void>;
  }

  /** Runs a command of busybox and waits until it is there, which it says `lines` times. */
  async function start(init: boolean, command: string, lines = 1): Promise<Container> {
    const dir = mkdtempSync(join(place.dir, "c-"));
    const id = `${place.cgroupParent}-${dir.slice(-6)}`;
    const rootfs = join(dir, "rootfs");
    mkdirSync(rootfs);
    chmodSync(dir, 0o755);
    copyFileSync(BUSYBOX, join(rootfs, "busybox"));
    const script = `echo up; ${command.startsWith("sh ") ? "" : "exec "}/busybox ${command}`;
    const spec = createSpec({
      id,
      rootfs,
      config: { Cmd: ["/busybox", "sh", "-c", script], Hostname: "init" },
      hostConfig: { Init: init, NetworkMode: "none", CgroupParent: `/${place.cgroupParent}`, ShmSize: 1 << 20 },
      files: {},
      mountPoints: [],
      initPath,
      daemon: { dataRoot: place.dir, cgroupDriver: "cgroupfs" },
    });
    writeFileSync(join(dir, "config.json"), JSON.stringify(spec));
    const runtime = (...args: string[]) => ["--root", join(place.dir, "state"), ...args];
    const child = spawn(RUNTIME.path, runtime("run", "--bundle", dir, id), { stdio: ["ignore", "pipe", "inherit"] });
    const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    await until(() => output === "up\n".repeat(lines));
    const call = (...args: string[]) => execFileSync(RUNTIME.path, runtime(...args), { encoding: "utf8" }).trimEnd();
    const inside = (text: string) => call("exec", id, "/busybox", "sh", "-c", text).trimEnd();
    const signal = (name: string) => void call("kill", id, name);
    return {
      ended,
      inside,
      processes: () => inside(LIST_PROCESSES).split("\n"),
      signal,
      kill: async (name) => {
        signal(name);
        await ended;
      },
    };
  }
});

/** All but the shell that asks, and what it runs. */
const LIST_PROCESSES = `for p in /proc/[0-9]*; do
  n=\${p#/proc/}
  [ $n = $$ ] && continue
  /busybox readlink $p/exe > /dev/null || continue
  echo $n $(/busybox awk '/^PPid/ { print $2 }' $p/status) $(/busybox readlink $p/exe)
done`;

async function until(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error("What was waited for has not come");
    await new Promise((resolve) => setTimeout(resolve, 20)); // nothing tells of it
  }
}
