/**
 * Docker of 2013 where all control groups are v2 and AppArmor is on: what this needs of a kernel that the ordinary suite's machine may
 * not have. Each container is a second's work under emulation, so a test asks several things of one.
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Docker2013 } from "../harness/docker-2013.ts";
import { EraWorld } from "../harness/era.ts";
import { leftovers } from "../harness/leftovers.ts";

const CGROUPS = "/sys/fs/cgroup";
const MIB = 1024 * 1024;
const PROFILE = "docker-eras-test";

beforeAll(() => {
  const input = `profile ${PROFILE} flags=(attach_disconnected) { file, unix, signal, deny /tmp/secret r, }`;
  execFileSync("apparmor_parser", ["--add"], { input });
  execFileSync("apparmor_parser", ["--add", "/etc/apparmor.d/lxc-containers"]); // genuine LXC's default; Debian loads it at boot
});

describe.each([
  {
    lxc: "our lxc-start",
    flags: [],
    cgroupOf: (id: string) => `docker-eras-2013/${id}`,
    cgroupSeen: (id: string) => `0::/docker-eras-2013/${id}`,
  },
  {
    lxc: "a genuine lxc-start",
    flags: ["--lxc-start", "/usr/bin/lxc-start"],
    cgroupOf: (id: string) => `lxc.payload.${id}`,
    cgroupSeen: () => "0::/", // in a cgroup namespace, which came with Linux 4.6
  },
])("docker with $lxc", ({ flags, cgroupOf, cgroupSeen }) => {
  let docker: Docker2013;
  let cgroupsBefore: string[];

  beforeAll(async () => {
    cgroupsBefore = readdirSync(CGROUPS);
    docker = await Docker2013.start(flags);
    await docker.putBusybox();
  });
  afterAll(() => docker.stop());

  /** What `docker` would do with these words; without its Node, which takes a second to start here. */
  function request(...words: string[]): Socket {
    const [host, port] = docker.tcp.split(":");
    const socket = connect({ host: host!, port: Number(port), allowHalfOpen: true });
    return socket.setEncoding("utf8").end(`${JSON.stringify(words)}\n`);
  }

  async function ask(...words: string[]): Promise<string> {
    let answer = "";
    for await (const text of request(...words)) answer += text;
    return answer.trim();
  }

  /** Resolves when a container that was just started prints this. */
  async function prints(id: string, text: string): Promise<void> {
    let output = "";
    for await (const chunk of request("attach", id)) {
      output += chunk;
      if (output.includes(text)) return;
    }
    throw new Error(`${id} ended without printing "${text}": ${output}`);
  }

  /** Runs a script in a container of its own after its config.lxc, which `run` makes, has been changed. @returns The container's id. */
  async function runChanged(change: (config: string) => string, script: string): Promise<string> {
    const id = await ask("run", "busybox", "sh", "-c", `[ -e /seen ] || exec touch /seen; ${script}`);
    await ask("wait", id);
    const path = join(docker.root, "containers", id, "config.lxc");
    const [before, after] = [readFileSync(path, "utf8"), change(readFileSync(path, "utf8"))];
    expect(after).not.toBe(before);
    writeFileSync(path, after);
    expect(await ask("start", id)).toBe(id);
    return id;
  }

  test("runs a command attached, and says how it ended", async () => {
    const { stdout, status } = await docker.docker(["run", "-a", "busybox", "echo", "hello"]);
    expect([stdout, status]).toEqual(["hello\n", 0]);
    const id = await ask("run", "busybox", "sh", "-c", "cat /proc/self/cgroup; exit 3");
    expect(await ask("wait", id)).toBe("3");
    expect(await ask("logs", id)).toBe(cgroupSeen(id));
  });

  test("lets containers use the devices of lxc.cgroup.devices, and no others", async () => {
    const script = `
      mknod /tmp/null c 1 3 && echo x > /tmp/null && echo null works
      mknod /tmp/kmsg c 1 11 || echo no kmsg
      head -c 1 /dev/full || echo no full
      head -c 1 /dev/zero | wc -c`;
    const id = await runChanged((config) => config.replace(" mknod ", " "), script); // else it is the capability that forbids
    expect(await ask("wait", id)).toBe("0");
    const out = await ask("logs", id);
    expect(out).toMatch(/null works\nno kmsg\nno full\n1/);
    expect(out.match(/Operation not permitted/g)).toHaveLength(2);
  });

  test("limits memory: who takes more is killed", async () => {
    const limit = (config: string) => config.replace(/#(lxc.cgroup.memory.limit_in_bytes) = 0/, `$1 = ${32 * MIB}`);
    const id = await runChanged(limit, "tail /dev/zero; echo ended with $?; exec sleep 1000");
    await prints(id, "ended with 137");
    const cgroup = join(CGROUPS, cgroupOf(id));
    expect(readFileSync(join(cgroup, "memory.max"), "utf8")).toBe(`${32 * MIB}\n`);
    expect(readFileSync(join(cgroup, "memory.events"), "utf8")).toContain("oom_kill 1\n");
    await ask("kill", id);
  });

  test("confines containers with lxc.aa_profile", async () => {
    const script = "echo x > /tmp/secret; cat /tmp/secret; cat /proc/self/attr/current";
    const confined = await runChanged((config) => `${config}lxc.aa_profile = ${PROFILE}\n`, script);
    const unconfined = await runChanged((config) => config.replace("#lxc.aa_profile", "lxc.aa_profile"), script);
    expect(await ask("wait", confined, unconfined)).toBe("0\n0");
    expect(await ask("logs", confined)).toMatch(
      new RegExp(`^${PROFILE} \\(enforce\\)\n.*cat: can't open '/tmp/secret': Permission denied$`),
    );
    expect(await ask("logs", unconfined)).toBe("x\nunconfined");
  });

  test("stops, kills and removes containers, of which nothing is left", async () => {
    const stopped = await ask(
      "run",
      "busybox",
      "sh",
      "-c",
      "trap 'exit 4' TERM; echo ready; while :; do sleep 1; done",
    );
    await prints(stopped, "ready");
    const killed = await ask("run", "busybox", "sleep", "1000");
    expect(await ask("stop", stopped)).toBe(stopped);
    expect(await ask("wait", stopped)).toBe("4");
    expect(await ask("kill", killed)).toBe(killed);
    const ids = (await ask("ps", "-a", "-q")).split("\n");
    expect(ids).toContain(killed);
    expect(await ask("rm", ...ids)).toBe("");
    expect(await ask("ps", "-a", "-q")).toBe("");
    expect(leftovers(docker.dir, { daemonPid: docker.pid })).toEqual([]);
    expect(readdirSync(CGROUPS)).toEqual(cgroupsBefore);
  });
});

test("era doctor is content with this machine", async () => {
  const world = await EraWorld.create();
  const { stdout, status } = await world.era(["doctor"]);
  expect(world.leftovers()).toEqual([]);
  rmSync(world.dir, { recursive: true });
  expect(stdout).not.toContain("MISSING");
  expect(stdout).toMatch(/^cgroups .* v2$/m);
  expect(stdout).toMatch(/^AppArmor .* apparmor$/m);
  expect(status).toBe(0);
});
