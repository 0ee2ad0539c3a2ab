/** `podman --runtime`: Podman and its conmon drive the runtime without a daemon. */
import { once } from "node:events";
import { readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { cgroupMounts } from "@eras/cgroups/detect.ts";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { GenuinePodman } from "../genuine/podman.ts";
import { busyboxImage } from "../harness/busybox-image.ts";
import { newPlace, type Place, removePlace } from "../harness/remains.ts";
import type { ProgramResult } from "../harness/run-program.ts";
import { GENUINE_RUNC, missing, RUNTIME, type Runtime } from "../harness/runtime-under-test.ts";
import { Terminal } from "../harness/terminal.ts";
import { type Case, cgroup, namespace, STATUS, sh } from "./docker-cases.ts";

const IMAGE = "localhost/busybox:latest";
const ENTER = "\r";
const FOREVER = ["sleep", "1000"];

const CASES: readonly Case[] = [
  [[], sh("echo out; echo err >&2; exit 7"), /^out\nerr\n7$/],
  [[], STATUS, /CapEff:\t00000000a80425fb/],
  [["--user", "33:44", "--group-add", "55"], STATUS, /Groups:\t44 55/],
  [["--cap-add", "NET_ADMIN", "--security-opt", "no-new-privileges"], STATUS, /NoNewPrivs:\t1/],
  [["--privileged"], STATUS, /CapEff:/],
  [["--init"], ["cat", "/proc/1/cmdline"], /podman-init/],
  [["-m", "64m"], cgroup("memory/memory.limit_in_bytes"), /^67108864\n/],
  [["--cpus", ".5", "--pids-limit", "7"], cgroup("cpu/cpu.cfs_quota_us", "pids/pids.max"), /^50000\n7\n/],
  [["-m", "16m"], sh("a=xxxxxxxxxxxxxxxx; while :; do a=$a$a; done"), /^137$/],
  [["--read-only"], sh("touch /x; touch /tmp/x && echo fine"), /Read-only[\s\S]*fine|fine[\s\S]*Read-only/],
  [["--read-only", "--tmpfs", "/t:size=1m"], ["grep", " /t ", "/proc/mounts"], /size=1024k/],
  [["-v", "/usr:/mnt/x:ro"], sh("touch /mnt/x/y"), /Read-only/],
  [[], sh("cut -d' ' -f5- /proc/self/mountinfo | sort"), /mqueue/], // Podman's own order is random
  [["-t"], sh("tty; ls -ln /dev/console | awk '{ print $1, $3, $4 }'"), /\/dev\/pts\/0\r\n[\s\S]*crw/],
  [[], sh("ls -lnR /dev | awk '{ print $1, $3, $4, $5, $6, $10, $11, $12 }'"), /crw-rw-rw- 0 0 1, 3/],
  [["--pid", "host"], namespace("pid"), /pid:/],
  [["--cgroupns", "private"], ["cat", "/proc/self/cgroup"], /:memory:\/\n/],
  [["--sysctl", "kernel.msgmax=1000"], ["cat", "/proc/sys/kernel/msgmax"], /^1000/],
  [
    ["--uidmap", "0:100000:1000", "--gidmap", "0:100000:1000"],
    sh("cat /proc/self/uid_map; id -u"),
    /100000 +1000\n0\n/,
  ],
  [[], ["nosuch"], /exec: "nosuch": executable file not found in \$PATH[\s\S]*127$/],
  [[], ["/etc"], /exec: "\/etc": .*(permission denied|is a directory)[\s\S]*126$/],
];

describe(`podman, with ${RUNTIME.name},`, () => {
  const reason = missing("/usr/bin/podman", "/usr/bin/conmon");
  if (reason) return void test.skip(reason);

  let place: Place;
  let podman: GenuinePodman;
  beforeAll(async () => {
    place = newPlace();
    podman = new GenuinePodman(place.dir, [RUNTIME, GENUINE_RUNC]);
    await podman.load(RUNTIME, busyboxImage(IMAGE));
  });
  afterAll(async () => {
    await podman.remove(RUNTIME, place.cgroupParent);
    const left = (await removePlace(place)).filter((what) => !/^cgroup .*\/conmon$/.test(what)); // Podman keeps this one for good
    expect(left).toEqual([]);
  });
  afterEach(() => podman.run(RUNTIME, ["rm", "--all", "--force", "--time", "0"]));

  /** @param network - None needs no program beside Podman that sets it up. */
  const where = (network = "none") => ["--network", network, "--cgroup-parent", `/${place.cgroupParent}`];
  const run = (runtime: Runtime, flags: readonly string[], command: readonly string[]) =>
    podman.run(runtime, ["run", "--rm", ...where(), ...flags, IMAGE, ...command]);
  /** Output, errors and exit status as one text. On a busy machine Podman may lose the output of a brief container: it is asked again. */
  async function shown(runtime: Runtime, flags: readonly string[], command: readonly string[]): Promise<string> {
    const result = await run(runtime, flags, command);
    const lost = result.status === 0 && result.stdout === "";
    return comparable(runtime, lost ? await run(runtime, flags, command) : result);
  }
  const attempt = (...args: string[]) => podman.run(RUNTIME, args);
  /** @throws {Error} Unless Podman succeeds. */
  async function output(...args: string[]): Promise<string> {
    const { stdout, stderr, status } = await attempt(...args);
    if (status !== 0) throw new Error(`podman ${args.join(" ")} ended with ${status}: ${stderr}`);
    return stdout.trim();
  }
  /** @returns The container's id. */
  const runDetached = (flags: readonly string[], ...command: string[]) =>
    output("run", "-d", ...where(), ...flags, IMAGE, ...command);
  const state = async (id: string) => JSON.parse(await output("inspect", "-f", "{{json .State}}", id));
  const restarts = async (id: string) => output("inspect", "-f", "{{.RestartCount}}", id);
  function controlFile(controller: string, id: string, file: string): string {
    const mount = cgroupMounts().v1.get(controller)!;
    return readFileSync(join(mount, place.cgroupParent, `libpod-${id}`, file), "utf8").trim();
  }

  describe("run does as genuine runc does:", () => {
    for (const [flags, command, genuinely] of CASES) {
      test([...flags, ...command].join(" "), async () => {
        // Not side by side: whenever Podman starts, it closes its store to the users of other namespaces for a moment.
        const ours = await shown(RUNTIME, flags, command);
        const genuine = await shown(GENUINE_RUNC, flags, command);
        expect(genuine).toMatch(genuinely);
        expect(ours).toBe(genuine);
      });
    }
  });

  test("run --network host leaves the network alone", async () => {
    const args = ["run", "--rm", ...where("host"), IMAGE, ...namespace("net")];
    expect(await output(...args)).toBe(readlinkSync("/proc/self/ns/net"));
  });

  test("run -it gives the shell a terminal with job control and the window's size", async () => {
    const terminal = new Terminal({ rows: 33, columns: 101 });
    const args = [...podman.flags(RUNTIME), "run", "--rm", "-it", ...where(), IMAGE, "sh"];
    const ended = once(terminal.run("podman", args, podman.env), "exit");
    await terminal.waitFor("/ # ");
    terminal.type(`until stty size 2>&1 | grep '33 101'; do usleep 1000; done${ENTER}`); // set when the process runs already
    await terminal.waitFor(/\n33 101\r+\n/);
    terminal.type(`sh -c 'trap "stty size; exit" WINCH; echo $((6 * 7)); while :; do usleep 10000; done'${ENTER}`);
    await terminal.waitFor(/\n42\r+\n/);
    terminal.resize({ rows: 44, columns: 55 });
    await terminal.waitFor(/44 55\r+\n/);
    terminal.type(`exit 3${ENTER}`);
    expect(await ended).toEqual([3, null]);
    expect(terminal.shown).not.toContain("job control turned off");
    terminal.close();
  });

  describe("exec", () => {
    test("runs beside the container, with its own exit status, user and place", async () => {
      const id = await runDetached(["-e", "A=b"], ...FOREVER);
      const command = sh("id; pwd; echo $A; echo err >&2; exit 9");
      expect(await attempt("exec", "-u", "33:44", "-w", "/tmp", id, ...command)).toEqual({
        stdout: "uid=33 gid=44\n/tmp\nb\n",
        stderr: "err\n",
        status: 9,
      });
    });

    test("-it has a terminal of its own", async () => {
      const id = await runDetached([], ...FOREVER);
      const terminal = new Terminal();
      const args = [...podman.flags(RUNTIME), "exec", "-it", id, "sh"];
      const ended = once(terminal.run("podman", args, podman.env), "exit");
      await terminal.waitFor("/ # ");
      terminal.type(`tty; exit 4${ENTER}`);
      await terminal.waitFor(/\n\/dev\/pts\/0\r+\n/);
      expect(await ended).toEqual([4, null]);
      terminal.close();
    });

    test("says what it can't find, and ends with 127", async () => {
      const id = await runDetached([], ...FOREVER);
      const { stderr, status } = await attempt("exec", id, "nosuch");
      expect(stderr).toMatch(/exec: "nosuch": executable file not found in \$PATH/);
      expect(status).toBe(127);
    });
  });

  describe("a running container", () => {
    test("pauses and unpauses", async () => {
      const id = await runDetached([], ...FOREVER);
      await output("pause", id);
      expect(controlFile("freezer", id, "freezer.state")).toBe("FROZEN");
      expect((await state(id)).Status).toBe("paused");
      await output("unpause", id);
      expect(controlFile("freezer", id, "freezer.state")).toBe("THAWED");
    });

    test("has statistics and a list of processes", async () => {
      const id = await runDetached(["-m", "64m"], ...sh("sleep 1000 & wait"));
      const format = "{{.PIDS}} {{.MemUsage}}";
      expect(await output("stats", "--no-stream", "--format", format, id)).toMatch(/^2 .* \/ 67\.11MB$/);
      await expect.poll(() => output("top", id, "args")).toMatch(/sh -c sleep 1000 & wait\s+sleep 1000$/);
    });

    test("gets new limits", async () => {
      const id = await runDetached(["-m", "64m"], ...FOREVER);
      await output("update", "-m", "48m", id);
      expect(controlFile("memory", id, "memory.limit_in_bytes")).toBe(String(48 << 20));
    });

    test("is healthy as long as its own test says so", async () => {
      const id = await runDetached(["--health-cmd", "test ! -e /ill", "--health-interval", "disable"], ...FOREVER);
      expect((await attempt("healthcheck", "run", id)).status).toBe(0);
      await output("exec", id, "touch", "/ill");
      expect((await attempt("healthcheck", "run", id)).status).toBe(1);
    });

    test("is started again as often as its policy says", async () => {
      const id = await runDetached(["--restart", "on-failure:2"], ...sh("exit 3"));
      await expect.poll(() => restarts(id), { timeout: 30_000 }).toBe("2");
      await expect.poll(async () => (await state(id)).Status).toBe("exited");
      expect((await state(id)).ExitCode).toBe(3);
    });

    test("gets signals", async () => {
      const script = `trap 'echo got; exit 5' USR1; echo ready; while :; do usleep 1000; done`;
      const id = await runDetached([], ...sh(script));
      while ((await output("logs", id)) !== "ready");
      await output("kill", "-s", "USR1", id);
      expect(await output("wait", id)).toBe("5");
      expect(await output("logs", id)).toBe("ready\ngot");
    });

    test("stops by force when it is deaf", async () => {
      const id = await runDetached([], ...FOREVER);
      await output("stop", "-t", "1", id);
      expect((await state(id)).ExitCode).toBe(137);
    });

    test("tells its life in events", async () => {
      const id = await runDetached([], ...FOREVER);
      await output("kill", id);
      await output("wait", id);
      await output("rm", id);
      const events = await output("events", "--stream=false", "--filter", `container=${id}`, "--format", "{{.Status}}");
      const all = ["create", "init", "start", "kill", "died", "remove"];
      expect(events.split("\n").filter((event) => all.includes(event))).toEqual(all);
    });
  });
});

/** Without ids and the name of the runtime, which Podman puts before its words. */
function comparable(runtime: Runtime, { stdout, stderr, status }: ProgramResult): string {
  return `${stdout}${stderr}${status}`
    .replaceAll(`Error: ${runtime.name}:`, "Error: RUNTIME:")
    .replace(/(?<![0-9a-f])[0-9a-f]{64}/g, "ID")
    .replace(/(pipe|pid|net):\[\d+\]/g, "$1:[INODE]")
    .replace(/(master|shared):\d+/g, "$1:N");
}
