/** `--userns-remap`: containers' root is nobody on the host, and nothing of a container shows it; ours beside those of the genuine dockerd. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GenuineDocker, withSubordinateIds } from "../genuine/docker.ts";
import { runDocker } from "../genuine/docker-clients.ts";
import { busyboxImage } from "../harness/busybox-image.ts";
import { Dockerd2019 } from "../harness/dockerd-2019.ts";
import { newPlace, type Place, removePlace } from "../harness/remains.ts";
import { type ProgramResult, runProgram, shellEnvironment } from "../harness/run-program.ts";
import { missing } from "../harness/runtime-under-test.ts";

const IDS = "daemon:100000:65536\n";
const ROOT = 100_000;
const CLI = "/usr/bin/docker";

describe("a dockerd with --userns-remap", () => {
  const reason = missing("/usr/sbin/dockerd", CLI);
  if (reason) return void test.skip(reason);

  let place: Place;
  let genuine: GenuineDocker;
  let ours: Dockerd2019;
  beforeAll(async () => {
    place = newPlace();
    const flags = ["--userns-remap", "daemon:daemon", "--cgroup-parent", `/${place.cgroupParent}`];
    genuine = await GenuineDocker.start(place.dir, { flags, subordinateIds: IDS });
    ours = await Dockerd2019.start(["--userns-remap", "daemon:daemon"], (dir) => withSubordinateIds(dir, IDS));
    await same(["load", "-q"], busyboxImage("busybox:latest"));
  });
  afterAll(async () => {
    await genuine.stop();
    await ours.stop();
    expect(await removePlace(place)).toEqual([]);
  });

  async function same(args: readonly string[], input?: Buffer): Promise<string> {
    const env = { ...shellEnvironment(), ...genuine.env };
    const [own, theirs] = await Promise.all([ours.docker(args, input), runDocker(CLI, args, { env, input })]);
    expect(shown(own)).toBe(shown(theirs));
    return shown(own);
  }

  /** Without what is made up. */
  function shown({ stdout, stderr, status }: ProgramResult): string {
    return `${stdout}${stderr}${status}`.replace(/[0-9a-f]{64}/g, "ID");
  }

  const run = (flags: readonly string[], script: string) =>
    same(["run", "--rm", "--network", "none", ...flags, "busybox", "sh", "-c", script]);

  test("tells of it, and keeps what it has in a directory of its own", async () => {
    const format = "{{json .SecurityOptions}} {{.DockerRootDir}}";
    const [own] = (await ours.docker(["info", "-f", format])).stdout.split("\n");
    expect(own).toBe(`["name=seccomp,profile=default","name=userns"] ${ours.place.dir}/data/${ROOT}.${ROOT}`);
    const modeOf = (dir: string) => {
      const { mode, uid, gid } = statSync(join(dir, `data/${ROOT}.${ROOT}`));
      return { mode: mode & 0o777, uid, gid };
    };
    expect(modeOf(ours.place.dir)).toEqual(modeOf(place.dir));
  });

  test("has containers whose root is nobody on the host", async () => {
    expect(await run([], "cat /proc/self/uid_map /proc/self/gid_map; id")).toContain(
      `         0     ${ROOT}      65536\n`,
    );
    expect((await ours.docker(["run", "-d", "--name", "sleeper", "busybox", "sleep", "1000"])).status).toBe(0);
    const pid = (await ours.docker(["inspect", "-f", "{{.State.Pid}}", "sleeper"])).stdout.trim();
    expect(statSync(`/proc/${pid}`).uid).toBe(ROOT);
    expect((await ours.docker(["exec", "sleeper", "id", "-u"])).stdout).toBe("0\n");
    await ours.docker(["rm", "-f", "sleeper"]);
  });

  test("shows files as those of the container's users: of the image, of the daemon, of volumes", async () => {
    const paths = "/ /bin /bin/busybox /etc /etc/hosts /etc/hostname /etc/resolv.conf /dev/shm /data /.dockerenv /proc";
    expect(await run(["-v", "/data", "--ipc", "shareable"], `stat -c '%u:%g %a %n' ${paths}`)).toContain(
      "0:0 755 /bin/busybox\n",
    );
    expect(
      await run(
        ["-v", "/data"],
        "echo 1.2.3.4 me >> /etc/hosts; touch /x /data/y; chown 33:33 /x; stat -c '%u:%g' /x /data/y",
      ),
    ).toBe("33:33\n0:0\n0");
  });

  test("gives files in and out with the container's owners", async () => {
    await same([
      "create",
      "--name",
      "made",
      "--network",
      "none",
      "busybox",
      "sh",
      "-c",
      "touch /x; chown 33:34 /x; stat -c %u:%g /in",
    ]);
    const input = (
      await ours.docker([
        "run",
        "--rm",
        "--network",
        "none",
        "busybox",
        "sh",
        "-c",
        "cd /tmp; touch in; chown 5:6 in; tar c in",
      ])
    ).stdout;
    await same(["cp", "-a", "-", "made:/"], Buffer.from(input));
    expect(await same(["start", "-a", "made"])).toBe("5:6\n0");
    expect((await ours.docker(["diff", "made"])).stdout).toBe("A /in\nA /x\n");
    const tar = join(place.dir, "made.tar");
    expect(await ours.docker(["export", "-o", tar, "made"])).toMatchObject({ status: 0 });
    const { stdout: listed } = await runProgram("tar", ["tvf", tar, "--numeric-owner"]);
    expect(listed).toMatch(/ 33\/34 .* x\n/);
    expect(listed).toMatch(/ 0\/0 .* bin\/busybox\n/);
    const { stdout: copied } = await ours.docker(["cp", "made:/x", "-"]);
    expect((await runProgram("tar", ["tv", "--numeric-owner"], { input: copied })).stdout).toMatch(/ 33\/34 /);
    await same(["commit", "made", "committed"]);
    expect(await same(["run", "--rm", "--network", "none", "committed", "stat", "-c", "%u:%g", "/x"])).toBe("33:34\n0");
    await same(["rm", "made"]);
  });

  test("has networks of its own, and shares namespaces among containers", async () => {
    const { stdout, stderr } = await ours.docker([
      "run",
      "--rm",
      "-p",
      "80",
      "busybox",
      "sh",
      "-c",
      "ip addr show eth0; ping -c1 -W5 $(ip route | sed -n 's/default via //; s/ dev.*//p' | head -1); ip link show lo",
    ]);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/inet \d/);
    expect(stdout).toContain("1 packets received");
    expect(stdout).toContain("lo: <LOOPBACK,UP");
    const peer = [
      "run",
      "-d",
      "--name",
      "peer",
      "--network",
      "none",
      "--ipc",
      "shareable",
      "busybox",
      "sh",
      "-c",
      "echo hi > /dev/shm/x; sleep 1000",
    ];
    await same(peer);
    for (const kind of ["pid", "network"]) await run2([`--${kind}`, "container:peer"], "id -u");
    expect(
      await run2(
        ["--network", "none", "--ipc", "container:peer"],
        "while ! cat /dev/shm/x; do sleep 1; done 2> /dev/null",
      ),
    ).toBe("hi\n0");
    await same(["rm", "-f", "peer"]);
  });
  const run2 = (flags: readonly string[], script: string) =>
    same(["run", "--rm", ...flags, "busybox", "sh", "-c", script]);

  test.each([["--privileged"], ["--network", "host"], ["--pid", "host"]])(
    "refuses %s %s, unless --userns is host",
    async (...flags) => {
      expect(await same(["run", "--rm", ...flags, "busybox", "true"])).toMatch(/125$/);
      if (flags[0] === "--privileged") return; // more than this host may give
      expect(
        await same(["run", "--rm", "--userns", "host", ...flags, "busybox", "cat", "/proc/self/uid_map"]),
      ).toContain("4294967295");
    },
  );

  test("outlives its daemon", async () => {
    await ours.docker([
      "create",
      "--name",
      "kept",
      "-v",
      "vol:/v",
      "busybox",
      "sh",
      "-c",
      "echo x >> /v/file; cat /v/file",
    ]);
    expect((await ours.docker(["start", "-a", "kept"])).stdout).toBe("x\n");
    await ours.end("SIGTERM");
    await ours.restart();
    expect((await ours.docker(["start", "-a", "kept"])).stdout).toBe("x\nx\n");
    await ours.docker(["rm", "-f", "kept"]);
    await ours.docker(["volume", "rm", "vol"]);
  });

  test("makes the user dockremap for `default`, with ids of its own", async () => {
    const flags = ["--userns-remap", "default", "--iptables=false"];
    const dockerd = await Dockerd2019.start(flags, withOwnEtc);
    try {
      const root = (await dockerd.docker(["info", "-f", "{{.DockerRootDir}}"])).stdout.trim();
      expect(root).toMatch(/\/data\/(\d{6,})\.\1$/);
      expect((await dockerd.docker(["load", "-q"], busyboxImage("busybox:latest"))).status).toBe(0);
      const { stdout } = await dockerd.docker(["run", "--rm", "busybox", "cat", "/proc/self/uid_map"]);
      expect(stdout.trim().split(/\s+/)).toEqual(["0", root.split(".").at(-1), "65536"]);
      await dockerd.end("SIGTERM");
      await dockerd.restart(); // the user is there now
      expect((await dockerd.docker(["info", "-f", "{{.DockerRootDir}}"])).stdout.trim()).toBe(root);
    } finally {
      await dockerd.stop();
    }
    expect(readFileSync("/etc/passwd", "utf8")).not.toContain("dockremap");
  });
});

/** What a program writes to /etc it writes to a directory of the place, and nobody else sees it. */
function withOwnEtc(dir: string): string[] {
  const script = [
    'mkdir -p "$0/upper" "$0/work"',
    'mount -t overlay overlay -o "lowerdir=/etc,upperdir=$0/upper,workdir=$0/work" /etc',
    'exec "$@"',
  ];
  return ["unshare", "--mount", "sh", "-c", script.join(" && "), join(dir, "etc")];
}
