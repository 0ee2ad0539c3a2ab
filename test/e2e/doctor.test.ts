/** A host that lacks something is told so before anything starts. Each host here is a real one, with that thing taken away. */
import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Check } from "../../packages/era/doctor/check.ts";
import { type EraResult, EraWorld } from "../harness/era.ts";

const NODE = resolve(import.meta.dirname, "../../node_modules/.bin/node");
const MAIN = resolve(import.meta.dirname, "../../packages/era/main.ts");

let world: EraWorld;

beforeEach(async () => {
  world = await EraWorld.create();
});
afterEach(() => world.remove());

/** Runs `era doctor --json` behind `prefix`, which takes something away: `setpriv …`, `unshare …`. */
const doctorBehind = (...prefix: [string, ...string[]]) =>
  world.run(prefix[0], [...prefix.slice(1), NODE, MAIN, "doctor", "--json"]);

const find = ({ stdout }: EraResult, capability: string): Check | undefined =>
  (JSON.parse(stdout) as Check[]).find((check) => check.capability === capability);

describe("era doctor", () => {
  test("finds all that is needed on this host", async () => {
    const { stdout, status } = await world.era(["doctor"]);
    expect(stdout).toMatch(/^CAPABILITY +NEEDED BY +STATUS +FOUND\n/);
    expect(stdout).not.toContain("MISSING");
    expect(status).toBe(0);
    expect(world.leftovers()).toEqual([]);
  });

  test("misses root", async () => {
    const result = await doctorBehind("setpriv", "--reuid=65534", "--clear-groups");
    expect(find(result, "root")).toMatchObject({ status: "missing", remedy: expect.stringContaining("sudo") });
    expect(result.status).toBe(1);
  });

  test("misses capabilities, and what they are for", async () => {
    const result = await doctorBehind("setpriv", "--bounding-set=-sys_admin,-mknod");
    expect(find(result, "capabilities")).toMatchObject({ status: "missing", found: "no CAP_SYS_ADMIN, CAP_MKNOD" });
    expect(find(result, "mount namespace")).toMatchObject({ status: "missing", found: "unshare: EPERM" });
    expect(result.status).toBe(1);
  });

  test("misses cgroups", async () => {
    const withoutCgroups = 'umount -l /sys/fs/cgroup && exec "$@"';
    const result = await doctorBehind("unshare", "--mount", "sh", "-c", withoutCgroups, "sh");
    expect(find(result, "cgroups")).toMatchObject({ status: "missing", found: "none is mounted" });
  });

  test("misses a file system that overlayfs can write to", async () => {
    for (const name of ["lower", "upper", "work", "state"]) mkdirSync(join(world.dir, name));
    const overlay = `mount -t overlay -o lowerdir=$0/lower,upperdir=$0/upper,workdir=$0/work none $0/state && exec "$@"`;
    const result = await doctorBehind("unshare", "--mount", "sh", "-c", overlay, world.dir);
    expect(find(result, "overlayfs on the state directory")).toMatchObject({
      status: "missing",
      remedy: expect.stringContaining("ERAS_2013_ROOT"),
    });
  });

  test.each([
    ["in a file", "/etc/passwd", "/etc/passwd is no directory"],
    ["below a device", "/dev/null/state", "/dev/null is no directory"],
    ["in /proc", "/proc/state", "no directory can be made in /proc: ENOENT"],
    ["with a space in its name", "/tmp/a b", "/tmp/a b: a path with space, colon, comma or backslash can't be mounted"],
  ])("misses a state directory %s, and nothing else for that", async (_, ERAS_2013_ROOT, found) => {
    const result = await world.era(["doctor", "--json"], { env: { ERAS_2013_ROOT } });
    const missing = (JSON.parse(result.stdout) as Check[]).filter(({ status }) => status === "missing");
    expect(missing).toMatchObject([{ capability: "state directory", found }]);
    expect(missing[0]?.remedy).toContain("ERAS_2013_ROOT");
    expect(result.status).toBe(1);
  });

  test("misses a port", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(Number(world.tcp.split(":")[1]), "127.0.0.1", resolve));
    const result = await world.era(["doctor", "--json"]);
    server.close();
    expect(find(result, `port ${world.tcp}`)).toMatchObject({ status: "missing", found: "in use" });
  });

  test("knows its own daemon's ports", async () => {
    await world.era(["up"]);
    expect(find(await world.era(["doctor", "--json"]), `port ${world.tcp}`)).toMatchObject({
      status: "ok",
      found: "ours",
    });
  });
});

describe("era doctor 2019", () => {
  const doctor = (env: NodeJS.ProcessEnv = {}, ...flags: string[]) =>
    world.era(["doctor", "2019", ...flags], { env: { ERAS_2019_ROOT: join(world.dir, "2019"), ...env } });

  test("finds all that is needed on this host, and names what 2019 has", async () => {
    const { stdout, status } = await doctor();
    expect(status).toBe(0);
    expect(stdout).not.toContain("MISSING");
    expect(stdout).toMatch(/^docker-init +run --init +ok/m);
    expect(stdout).not.toMatch(/lxc|aufs|2013/);
  });

  test("can do without iptables, and says what will not work", async () => {
    const { stdout, status } = await doctor({ PATH: "/usr/bin:/bin" }, "--json");
    expect(find({ stdout, stderr: "", status }, "iptables")).toMatchObject({
      status: "absent",
      found: "not installed",
      remedy: expect.stringContaining("docker-proxy"),
    });
    expect(status).toBe(0);
  });

  test("names the variable of its own state directory", async () => {
    const result = await doctor({ ERAS_2019_ROOT: "/proc/state" }, "--json");
    expect(find(result, "state directory")).toMatchObject({
      status: "missing",
      remedy: "name another directory in ERAS_2019_ROOT, on a disk or a tmpfs",
    });
  });
});

describe("the first use", () => {
  test("tells what is missing, and starts and writes nothing", async () => {
    const prefix = ["--bounding-set=-sys_admin", NODE, MAIN, "2013", "run", "-a", "busybox", "true"];
    const { stdout, stderr, status } = await world.run("setpriv", prefix);
    expect({ stdout, status }).toEqual({ stdout: "", status: 1 });
    expect(stderr).toContain("Cannot run containers on this host");
    expect(stderr).toContain("CAP_SYS_ADMIN");
    expect(world.leftovers()).toEqual([]);
  });
});
