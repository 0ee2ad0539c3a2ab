/** `pnpm era …`: daemons come and go, and clean takes everything away, whatever happened before. */
import { once } from "node:events";
import { appendFileSync, closeSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { openCgroup } from "@eras/cgroups/open.ts";
import { containerCgroupPath } from "@eras/docker-2013/container-cgroup.ts";
import { processExists } from "@eras/linux/proc.ts";
import { getTermios, makeRaw, openpty, setTermios } from "@eras/linux/tty.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { EraWorld } from "../harness/era.ts";

let world: EraWorld;

beforeEach(async () => {
  world = await EraWorld.create();
});
afterEach(() => world.remove());

const docker = (...args: string[]) => world.era(["2013", ...args]);

/** Starts a container that stays. @returns Its id. */
async function startSleeper(): Promise<string> {
  const { stdout, stderr } = await docker("run", "busybox", "sleep", "1000");
  expect(stdout, stderr).toMatch(/^[0-9a-f]{8}\n$/);
  return stdout.trim();
}

describe("era 2013", () => {
  test("tells each phase of the set-up in a line, on stderr", async () => {
    const { stdout, stderr } = await docker("run", "-a", "busybox", "echo", "hello");
    expect(stdout).toBe("hello\n");
    expect(stderr).toBe("checking this host …\nstarting dockerd …\nmaking image busybox …\n");
  });

  test("starts one daemon for commands that come at once", async () => {
    const results = await Promise.all([1, 2, 3].map((n) => docker("run", "-a", "busybox", "echo", String(n))));
    expect(results.map(({ stdout }) => stdout)).toEqual(["1\n", "2\n", "3\n"]);
    const { stdout } = await world.era(["status", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ images: 1, containers: 3, dockerd: world.pidOf("dockerd") });
  });

  test("brings an image back that was removed", async () => {
    await docker("run", "-a", "busybox", "true");
    await docker("rmi", "busybox");
    const { stdout, stderr } = await docker("run", "-a", "busybox", "echo", "back");
    expect({ stdout, stderr }).toEqual({ stdout: "back\n", stderr: "making image busybox …\n" });
  });

  test("says who is wrong when something else listens on the daemon's port", async () => {
    const server = createServer((socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n"));
    await new Promise<void>((resolve) => server.listen(Number(world.tcp.split(":")[1]), "127.0.0.1", resolve));
    const { stderr, status } = await docker("run", "-a", "busybox", "true");
    server.close();
    expect(status).toBe(1);
    expect(stderr).toContain(world.tcp);
    expect(stderr).toContain("in use");
  });
});

describe("era up, status, down", () => {
  test("tells that there is no archive to pull from when something else has its port; containers run", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(Number(world.archive.split(":")[1]), "127.0.0.1", resolve));
    const { stdout, stderr } = await docker("run", "-a", "busybox", "echo", "hello");
    server.close();
    expect(stdout).toBe("hello\n");
    expect(stderr).toContain(`era: No archive to pull from: ${world.archive} is in use`);
  });

  test("refuses a daemon that has another state directory", async () => {
    await world.era(["up"]);
    const { stderr, status } = await world.era(["up"], { env: { ERAS_2013_ROOT: `${world.rootDir}-other` } });
    expect(stderr).toContain(`(pid ${world.pidOf("dockerd")}) has its state elsewhere: pnpm era down`);
    expect(status).toBe(1);
  });

  test("start both programs, show them, and stop them", async () => {
    expect((await world.era(["up"])).stdout).toContain(`running, pid ${world.pidOf("dockerd")}`);
    await docker("run", "-a", "busybox", "true");
    const pids = [world.pidOf("archive"), world.pidOf("dockerd")];
    const { stdout } = await world.era(["down", "2013"]);
    expect(stdout).toBe(`archive stopped (pid ${pids[0]})\ndockerd stopped (pid ${pids[1]})\n`);
    expect(pids.filter((pid) => processExists(pid))).toEqual([]);
    const { stdout: state } = await world.era(["status", "--json"]);
    expect(JSON.parse(state)).toMatchObject({ images: 1, containers: 1, running: 0 });
    expect(JSON.parse(state)).not.toHaveProperty("dockerd");
  });

  test("find and stop a daemon whose record is lost", async () => {
    await world.era(["up"]);
    const pid = world.pidOf("dockerd");
    rmSync(join(world.runDir, "dockerd.json"));
    expect((await world.era(["down"])).stdout).toContain(`dockerd stopped (pid ${pid})`);
  });

  test("leave a process alone that has the PID of a daemon of before", async () => {
    await world.era(["up"]);
    await world.era(["down"]);
    writeFileSync(join(world.runDir, "dockerd.json"), JSON.stringify({ pid: process.pid, startTime: 1 }));
    expect((await world.era(["down"])).stdout).toContain("dockerd was not running");
  });

  test("give the daemon an environment of its own", async () => {
    await world.era(["up"], { env: { SECRET_OF_THE_SHELL: "1", LD_PRELOAD: "" } });
    const names = readFileSync(`/proc/${world.pidOf("dockerd")}/environ`, "utf8")
      .split("\0")
      .map((pair) => pair.split("=")[0]);
    expect(names).not.toContain("SECRET_OF_THE_SHELL");
  });

  test("show the daemon's last words when it can't start", async () => {
    mkdirSync(join(world.rootDir, "images"), { recursive: true });
    writeFileSync(join(world.rootDir, "images/index.json"), "{ broken");
    const { stderr, status } = await world.era(["up"]);
    expect(status).toBe(1);
    expect(stderr).toContain("Cannot start dockerd: it ended with 1");
    expect(stderr).toContain("index.json");
  });
});

describe("era archive", () => {
  test("serves what docker pull asks for", async () => {
    await world.era(["up"]);
    const url = `http://${world.archive}/images/busybox`;
    expect((await docker("pull", url)).stdout).toMatch(/^http:.*busybox:[0-9a-f]{16}\n$/);
    expect((await docker("run", "-a", url, "echo", "pulled")).stdout).toBe("pulled\n");
    expect((await docker("pull", `http://${world.archive}/images/ubuntu`)).stdout).toMatch(/^Error: .*404/m);
  });

  test("leaves the terminal that it was started from its settings when it ends", async () => {
    const { master, slave } = openpty();
    const archive = world.start(["archive"], slave);
    await once(archive.stdout!, "data"); // it listens
    const raw = makeRaw(getTermios(slave));
    setTermios(slave, raw);
    archive.kill("SIGTERM");
    expect(await once(archive, "exit")).toEqual([0, null]);
    expect(getTermios(slave)).toEqual(raw);
    closeSync(slave);
    closeSync(master);
  });
});

describe("era logs", () => {
  test("shows what the daemon printed", async () => {
    await docker("run", "-a", "busybox", "true");
    expect((await world.era(["logs"])).stdout).toContain("docker run -a busybox true");
  });
});

describe("era clean", () => {
  test("takes away a world with running containers", async () => {
    const ids = [await startSleeper(), await startSleeper()];
    const { stdout, stderr, status } = await world.era(["clean"]);
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    expect(stdout).toContain(`running container ${ids[0]}`);
    expect(world.leftovers(ids)).toEqual([]);
  });

  test("takes away what a killed daemon left", async () => {
    const id = await startSleeper();
    process.kill(world.pidOf("dockerd"), "SIGKILL");
    expect((await world.era(["clean"])).status).toBe(0);
    expect(world.leftovers([id])).toEqual([]);
  });

  test("works when half of the state is broken", async () => {
    const id = await startSleeper();
    process.kill(world.pidOf("dockerd"), "SIGKILL");
    rmSync(join(world.rootDir, "containers", id, "config.json"));
    writeFileSync(join(world.rootDir, "images/index.json"), "{ broken");
    writeFileSync(join(world.runDir, "dockerd.json"), "");
    expect((await world.era(["clean"])).status).toBe(0);
    expect(world.leftovers([id])).toEqual([]);
  });

  test("takes away what a power loss left: files of processes that are no more", async () => {
    await startSleeper();
    await world.era(["down"]);
    appendFileSync(join(world.runDir, "set-up.lock"), "1 1");
    writeFileSync(join(world.runDir, "set-up.lock.4194303"), "4194303 1");
    expect((await world.era(["clean"])).status).toBe(0);
    expect(world.leftovers()).toEqual([]);
  });

  test("leaves alone what is not ours, and says so", async () => {
    await world.era(["up"]);
    writeFileSync(join(world.rootDir, "thesis.txt"), "three years of work");
    expect((await world.era(["clean"])).stdout).toContain("thesis.txt stay");
    expect(readFileSync(join(world.rootDir, "thesis.txt"), "utf8")).toBe("three years of work");
    rmSync(world.rootDir, { recursive: true });
  });

  test("leaves the cgroups of another world alone, where an init may be about to join an empty one", async () => {
    const other = await EraWorld.create();
    await other.era(["2013", "run", "busybox", "sleep", "1000"]);
    process.kill(other.pidOf("dockerd"), "SIGKILL");
    const empty = openCgroup(containerCgroupPath("about-to-start"));
    empty.create();
    await world.era(["clean"]);
    expect(empty.exists()).toBe(true);
    await empty.delete();
    await other.remove();
  });

  test("finds nothing the second time", async () => {
    await world.era(["up"]);
    await world.era(["clean"]);
    expect((await world.era(["clean"])).stdout).not.toContain("dockerd");
    expect(world.leftovers()).toEqual([]);
  });
});

describe("era", () => {
  test.each(["up", "down", "status", "logs", "clean", "doctor", "archive"])("explains %s", async (command) => {
    const { stdout, status } = await world.era([command, "--help"]);
    expect(stdout).toMatch(new RegExp(`^Usage: pnpm era ${command}`));
    expect(status).toBe(0);
    expect(world.leftovers()).toEqual([]);
  });

  test.each([[["begin"]], [["up", "2016"]], [["down", "--force"]], [["archive", "--port", "http"]]])(
    "refuses %j",
    async (words) => {
      const { stdout, stderr, status } = await world.era(words);
      expect({ stdout, status }).toEqual({ stdout: "", status: 1 });
      expect(stderr).toMatch(/^era: /);
    },
  );
});
