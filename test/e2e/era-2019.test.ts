/** `pnpm era:2019 …`: one command from nothing to a container, and one that takes everything away again. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { cgroupTrees } from "@eras/cgroups/detect.ts";
import { linkExists } from "@eras/linux/netlink/links.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { mountPointsBelow, processesThatName, told } from "../harness/on-machine.ts";
import { type ProgramResult, runProgram, shellEnvironment } from "../harness/run-program.ts";

const CLONE = resolve(import.meta.dirname, "../..");
const NODE = join(CLONE, "node_modules/.bin/node");
const WORDS = [join(CLONE, "packages/launch/launch.cjs"), join(CLONE, "packages/era/main.ts")];
const CASE_MS = 60_000;

let dir: string;
let name: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "docker-eras-world-"));
  name = dir.slice(-6).replace(/[^A-Za-z0-9]/g, "x");
});
afterEach(async () => {
  await era("clean", "2019");
  rmSync(dir, { recursive: true, force: true });
});

const era = (...words: string[]) => runEra([], words);

/** In a network namespace of its own, the daemon too if it isn't running: it has a loopback, which is down. */
const offline = (...words: string[]) => runEra(["unshare", "--net"], words);

function runEra(prefix: readonly string[], words: readonly string[]): Promise<ProgramResult> {
  const env = {
    ...shellEnvironment(),
    ERAS_2019_ROOT: join(dir, "state"),
    ERAS_2019_RUN: join(dir, "run"),
    ERAS_2019_BRIDGE: `eras${name}`,
    ERAS_2019_CGROUP: `/docker-eras-${name}`,
  };
  const [program = NODE, ...args] = [...prefix, NODE, ...WORDS, ...words];
  return runProgram(program, args, { env });
}

/** Asked of the kernel. */
function leftovers(): string[] {
  return [
    ...readdirSync(dir),
    ...mountPointsBelow(dir),
    ...processesThatName(dir).map(told),
    ...cgroupTrees()
      .map((root) => join(root, `docker-eras-${name}`))
      .filter(existsSync),
    ...(linkExists(`eras${name}`) ? [`link eras${name}`] : []),
  ];
}

const dockerdPid = () => Number(readFileSync(join(dir, "run/docker.pid"), "utf8"));

describe("era 2019", { timeout: CASE_MS }, () => {
  test("does all the set-up, tells of it on stderr, and prints what the container prints", async () => {
    const { stdout, stderr, status } = await era("2019", "run", "--rm", "busybox", "echo", "hello");
    expect({ stdout, status }, stderr).toEqual({ stdout: "hello\n", status: 0 });
    expect(stderr).toBe("checking this host …\nstarting dockerd …\nmaking image busybox of what this machine has …\n");
    expect(await era("2019", "run", "--rm", "busybox", "sh", "-c", "exit 3")).toEqual({
      stdout: "",
      stderr: "",
      status: 3,
    });
    expect(JSON.parse((await era("status", "2019", "--json")).stdout)).toMatchObject({
      dockerd: dockerdPid(),
      images: 1,
      containers: 0,
    });
  });

  test("shows with --trace what happens in all programs, and nothing of it on stdout", async () => {
    const { stdout, stderr, status } = await era("2019", "--trace", "run", "--rm", "busybox", "echo", "hi");
    expect({ stdout, status }, stderr).toEqual({ stdout: "hi\n", status: 0 });
    const order = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14].map((number) => stderr.indexOf(`▸ 001/${number} `));
    expect(order).not.toContain(-1);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });

  test("starts one daemon for commands that come at once", async () => {
    const results = await Promise.all([1, 2, 3].map((n) => era("2019", "run", "--rm", "busybox", "echo", `${n}`)));
    expect(results.map(({ stdout }) => stdout)).toEqual(["1\n", "2\n", "3\n"]);
  });

  test("pulls what is on the shelf without a network, and says so in one line", async () => {
    const pull = async (...words: string[]) => {
      const { stdout, stderr, status } = await offline("2019", "pull", ...words);
      return { stdout, status, said: stderr.split("\n").filter((line) => !/^$| …$/.test(line)) };
    };
    const name = "docker.io/library/busybox:latest\n";
    expect(await pull("-q", "busybox")).toEqual({
      stdout: name,
      status: 0,
      said: ["era: Docker Hub can't be reached: busybox is made of what this machine has"],
    });
    expect(await pull("docker.io/library/busybox")).toEqual({
      stdout: `Using default tag: latest\n${name}`,
      status: 0,
      said: ["era: Docker Hub can't be reached: busybox stays as it is"],
    });
    const other = await pull("alpine");
    expect(other).toMatchObject({ stdout: "Using default tag: latest\n", status: 1 });
    expect(other.said).toEqual([expect.stringMatching(/^Error response from daemon: .*registry-1\.docker\.io/)]);
    expect((await era("2019", "images", "--format", "{{.Repository}}:{{.Tag}}")).stdout).toBe("busybox:latest\n");
  });

  test("goes down, and comes up with what there was", async () => {
    await era("2019", "create", "--name", "kept", "busybox");
    expect((await era("down", "2019")).stdout).toMatch(/^dockerd stopped \(pid \d+\)\n$/);
    expect((await era("up", "2019")).stdout).toMatch(/^dockerd +running, pid \d+/);
    expect((await era("2019", "ps", "-a", "--format", "{{.Names}}")).stdout).toBe("kept\n");
    expect((await era("logs", "2019")).stdout).not.toBe("");
  });

  test("cleans up, also after a daemon that was killed with a container running", async () => {
    await era("2019", "run", "-d", "--name", "stays", "-p", "80", "busybox", "sleep", "1000");
    process.kill(dockerdPid(), "SIGKILL");
    const { stdout, stderr, status } = await era("clean", "2019");
    expect({ stderr, status }, stdout).toEqual({ stderr: "", status: 0 });
    expect(leftovers()).toEqual([]);
    expect((await era("clean", "2019")).stdout).toBe("nothing to remove\n");
  });

  test("cleans up no cgroup while another daemon makes some in the same place: it may be about to be joined", async () => {
    const made = join(cgroupTrees()[0]!, `docker-eras-${name}/made`);
    mkdirSync(made, { recursive: true });
    const other = spawn("sh", ["-c", "read line", "dockerd", "--cgroup-parent", `/docker-eras-${name}`]);
    await era("clean", "2019");
    expect(existsSync(made)).toBe(true);
    other.stdin.end();
    await once(other, "exit");
    await era("clean", "2019");
    expect(leftovers()).toEqual([]);
  });

  test("says what it doesn't know", async () => {
    expect(await era("up", "2016")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('Cannot use "2016": the eras of this clone are 2013 and 2019'),
    });
  });
});
