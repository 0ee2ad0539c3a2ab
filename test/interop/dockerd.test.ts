/** The genuine `docker` at our dockerd, and under that all of our chain: it can't tell. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { processExists } from "@eras/linux/proc.ts";
import { afterAll, beforeAll, describe, expect, onTestFailed, onTestFinished, test, vi } from "vitest";
import { DOCKER_CLIENTS, missingClient } from "../genuine/docker-clients.ts";
import { busyboxImage } from "../harness/busybox-image.ts";
import { Dockerd2019 } from "../harness/dockerd-2019.ts";
import { missing } from "../harness/runtime-under-test.ts";

const ALWAYS = ["--restart", "always"];
const WAIT = { timeout: 5000, interval: 50 };

describe.each(DOCKER_CLIENTS)("docker $version, at our dockerd,", (client) => {
  const reason = missing() ?? missingClient(client);
  if (reason) return void test.skip(reason);

  let dockerd: Dockerd2019;
  beforeAll(async () => {
    dockerd = await Dockerd2019.start(["--live-restore"]);
    expect(await ask(["load", "-q"], busyboxImage("busybox:latest"))).toMatchObject({ status: 0 });
  });
  afterAll(() => dockerd.stop());

  const ask = (args: readonly string[], input?: string | Buffer) => dockerd.docker(args, input, client.path);

  /** Expects that it succeeds. @returns What it prints. */
  async function docker(...args: string[]): Promise<string> {
    const { stdout, stderr, status } = await ask(args);
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    return stdout.trim();
  }

  const run = (...args: string[]) => ask(["run", "--rm", ...args]);
  const inspect = (name: string, format: string) => docker("inspect", "-f", format, name);

  test.each([
    [["build", "-"], "there is no image builder"],
    [["network", "connect", "bridge", "web"], "there are no networks but bridge, host and none"],
    [["swarm", "init"], "there is no swarm"],
    [["plugin", "install", "--grant-all-permissions", "x"], "there are no plugins"],
  ])("%j is told that this isn't here", async (words, why) => {
    const { stderr, status } = await dockerd.docker(words, "FROM busybox\n");
    expect({ stderr, status }).toEqual({
      stderr: expect.stringContaining(`Error response from daemon: ${why}`),
      status: 1,
    });
  });

  describe("run", () => {
    test("gives both outputs and the exit status", async () => {
      const result = await run("busybox", "sh", "-c", "echo out; echo err >&2; exit 7");
      expect(result).toEqual({ stdout: "out\n", stderr: "err\n", status: 7 });
    });

    test("-i takes what it is given, before there is a process", async () => {
      const input = Buffer.alloc(1_000_000, "0123456789\n");
      const { stdout, status } = await ask(["run", "-i", "--rm", "busybox", "sh", "-c", "wc -c; echo end"], input);
      expect({ stdout, status }).toEqual({ stdout: "1000000\nend\n", status: 0 });
    });

    test("-i takes an end that comes before there is a process, with nothing before it", async () => {
      expect(await ask(["run", "-i", "--rm", "busybox", "wc", "-c"])).toMatchObject({ stdout: "0\n", status: 0 });
    });

    test.each([
      [["nosuch"], 127, /executable file not found in \$PATH/],
      [["/etc"], 126, /permission denied/],
      [["--network", "nosuch", "busybox"], 125, /network nosuch not found/],
    ])("%j can't be done, and ends with %i", async (words, status, message) => {
      const args = words.length === 1 ? ["busybox", ...words] : words;
      const result = await run(...args);
      expect(result.status).toBe(status);
      expect(result.stderr).toMatch(message);
      expect(await docker("ps", "-aq")).toBe("");
    });

    test("--rm leaves nothing, -v anonymous volumes neither", async () => {
      const script = "touch /data/file && grep -c ' /data \\| /other ' /proc/mounts"; // an image's `VOLUME other` is /other, too
      const { stdout } = await run("-v", "/data", "-v", "other", "busybox", "sh", "-c", script);
      expect(stdout).toBe("2\n");
      await vi.waitFor(async () => expect(await docker("ps", "-aq")).toBe(""));
      expect(await docker("volume", "ls", "-q")).toBe("");
    });

    test("--rm does not when it is restarted", async () => {
      await docker("run", "-d", "--rm", "--name", "kept", "busybox", "sleep", "1000");
      await docker("restart", "-t", "0", "kept");
      expect(await inspect("kept", "{{.State.Running}} {{.HostConfig.AutoRemove}}")).toBe("true true");
      await docker("rm", "-f", "kept");
    });

    test("--init puts a PID 1 before the program", async () => {
      const { stdout } = await run("--init", "busybox", "cat", "/proc/1/cmdline");
      expect(stdout.replaceAll("\0", " ")).toBe("/sbin/docker-init -- cat /proc/1/cmdline ");
    });

    test("limits memory, and tells of its end", async () => {
      const hog = "tail /dev/zero";
      const { status } = await ask(["run", "--name", "hog", "-m", "8m", "busybox", "sh", "-c", hog]);
      expect(status).toBe(137);
      await vi.waitFor(async () => expect(await inspect("hog", "{{.State.OOMKilled}}")).toBe("true"));
      await docker("rm", "hog");
    });
  });

  describe("a container", () => {
    test("lives: is listed, looked into, paused, stopped, started, killed, renamed, removed", async () => {
      const id = await docker("run", "-d", "--name", "web", "busybox", "sleep", "1000");
      expect(id).toMatch(/^[0-9a-f]{64}$/);
      const { mode, uid, gid } = statSync(join(dockerd.place.dir, "data/containers", id));
      expect({ mode: mode & 0o777, uid, gid }).toEqual({ mode: 0o710, uid: 0, gid: 0 });
      expect(await docker("ps", "--format", "{{.Names}} {{.Image}} {{.Command}}")).toBe('web busybox "sleep 1000"');
      expect((await docker("top", "web")).split("\n")).toHaveLength(2);
      await docker("pause", "web");
      expect(await inspect("web", "{{.State.Status}}")).toBe("paused");
      await docker("unpause", "web");
      await docker("stop", "-t", "0", "web");
      expect(await inspect("web", "{{.State.Status}} {{.State.ExitCode}}")).toBe("exited 137");
      await docker("start", "web");
      expect(await inspect("web", "{{.State.Running}}")).toBe("true");
      await docker("kill", "web");
      await docker("rename", "web", "gone");
      await docker("rm", "gone");
      const { stderr, status } = await ask(["inspect", "gone"]);
      expect({ stderr, status }).toMatchObject({ stderr: expect.stringContaining("No such"), status: 1 });
    });

    test("has further processes: their streams, their exit status", async () => {
      await docker("run", "-d", "--name", "host", "-e", "A=1", "busybox", "sleep", "1000");
      const exec = await ask(["exec", "-i", "-e", "B=2", "host", "sh", "-c", "cat; echo $A$B; exit 5"], "in\n");
      expect(exec).toEqual({ stdout: "in\n12\n", stderr: "", status: 5 });
      await docker("rm", "-f", "host");
    });

    test("keeps what it has printed", async () => {
      const script = "for i in 1 2 3; do echo line $i; done; sleep 0.3; echo oops >&2";
      await ask(["run", "--name", "talker", "busybox", "sh", "-c", script]);
      const { stdout, stderr } = await ask(["logs", "talker"]);
      expect({ stdout, stderr }).toEqual({ stdout: "line 1\nline 2\nline 3\n", stderr: "oops\n" });
      expect((await ask(["logs", "-t", "--tail", "1", "talker"])).stderr).toMatch(/^\d{4}-.*\.\d{9}Z oops\n$/);
      await docker("rm", "talker");
    });

    test("is checked for its health", async () => {
      const flags = ["--health-cmd", "test -f /well || { echo ill; false; }", "--health-interval", "100ms"];
      await docker("run", "-d", "--name", "patient", ...flags, "--health-retries", "2", "busybox", "sleep", "1000");
      const status = () => docker("ps", "-a", "--filter", "name=patient", "--format", "{{.Status}}");
      expect(await status()).toMatch(/^Up .* \(health: starting\)$/);
      await vi.waitFor(async () => expect(await status()).toMatch(/ \(unhealthy\)$/), WAIT);
      const health = JSON.parse(await inspect("patient", "{{json .State.Health}}"));
      expect(health.Log.at(-1)).toMatchObject({ ExitCode: 1, Output: "ill\n" });
      await docker("exec", "patient", "touch", "/well");
      await vi.waitFor(async () => expect(await status()).toMatch(/ \(healthy\)$/), WAIT);
      expect(await docker("ps", "-q", "--filter", "health=healthy")).not.toBe("");
      await docker("rm", "-f", "patient");
    });

    test("has checks that take too long killed", async () => {
      const flags = ["--health-cmd", "sleep 1000", "--health-interval", "50ms", "--health-timeout", "300ms"];
      await docker("run", "-d", "--name", "slow", ...flags, "--health-retries", "1", "busybox", "sleep", "1000");
      await vi.waitFor(async () => expect(await inspect("slow", "{{.State.Health.Status}}")).toBe("unhealthy"), WAIT);
      const [{ ExitCode, Output }] = JSON.parse(await inspect("slow", "{{json .State.Health.Log}}"));
      expect({ ExitCode, Output }).toEqual({ ExitCode: -1, Output: "Health check exceeded timeout (300ms)" });
      await docker("rm", "-f", "slow");
    });

    test("is started again as its policy says", async () => {
      await docker(
        "run",
        "-d",
        "--name",
        "again",
        "--restart",
        "on-failure:2",
        "busybox",
        "sh",
        "-c",
        "echo try; exit 3",
      );
      await vi.waitFor(
        async () => expect(await inspect("again", "{{.State.Status}} {{.RestartCount}}")).toBe("exited 2"),
        10_000,
      );
      expect(await docker("logs", "again")).toBe("try\ntry\ntry");
      await docker("start", "again"); // by hand: that begins anew
      await vi.waitFor(async () => expect((await docker("logs", "again")).split("\n")).toHaveLength(6), WAIT);
      await vi.waitFor(async () => expect(await inspect("again", "{{.State.Status}}")).toBe("exited"), WAIT);
      await docker("rm", "again");
    });

    test("is started again after a signal, unless that is how it is stopped", async () => {
      const script = "trap 'exit 3' TERM HUP; while :; do sleep 0.05; done";
      await docker("run", "-d", "--name", "told", ...ALWAYS, "--stop-signal", "HUP", "busybox", "sh", "-c", script);
      const becomes = (state: string) =>
        vi.waitFor(async () => expect(await inspect("told", "{{.State.Status}} {{.RestartCount}}")).toBe(state), WAIT);
      await docker("kill", "-s", "TERM", "told");
      await becomes("running 1");
      await docker("kill", "-s", "HUP", "told");
      await becomes("exited 1");
      await docker("rm", "told");
    });

    test("becomes an image with what it has written", async () => {
      await docker("run", "--name", "writer", "busybox", "sh", "-c", "echo kept > /file; rm /bin/sh");
      expect((await docker("diff", "writer")).split("\n").sort()).toEqual(["A /file", "C /bin", "D /bin/sh"]);
      await docker("commit", "-m", "wrote", "writer", "written:1");
      expect((await run("written:1", "cat", "/file")).stdout).toBe("kept\n");
      expect(await docker("history", "--format", "{{.Comment}}", "written:1")).toContain("wrote");
      expect(await inspect("written:1", "{{.Config.Image}} {{.Config.AttachStdout}}")).toBe("busybox true"); // the container's
      await docker("rm", "writer");
      expect(await ask(["import", "-", "empty:1"], "\0".repeat(1024))).toMatchObject({ status: 0 }); // a tar of nothing
      expect(await docker("history", "--format", "{{.Comment}}", "empty:1")).toBe("Imported from -");
      await docker("rmi", "written:1", "empty:1");
    });
  });

  describe("beside other containers", () => {
    test("reaches them by the bridge, and is reached from the host by its ports", async () => {
      await docker(
        "run",
        "-d",
        "--name",
        "server",
        "-p",
        "127.0.0.1::80",
        "busybox",
        "sh",
        "-c",
        "echo page > /index.html; httpd -f -p 80 -h /",
      );
      const address = await inspect("server", "{{.NetworkSettings.IPAddress}}");
      await vi.waitFor(
        async () => expect((await run("busybox", "wget", "-qO-", `http://${address}/`)).stdout).toBe("page\n"),
        10_000,
      );
      const port = (await docker("port", "server", "80")).split(":").at(-1);
      expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("page\n");
      const { stdout } = await run("--network", "container:server", "busybox", "wget", "-qO-", "http://127.0.0.1/");
      expect(stdout).toBe("page\n");
      await docker("rm", "-f", "server");
    });

    test("keeps volumes", async () => {
      await run("-v", "kept:/data", "busybox", "sh", "-c", "echo here > /data/file");
      expect((await run("-v", "kept:/data:ro", "busybox", "cat", "/data/file")).stdout).toBe("here\n");
      await docker("volume", "rm", "kept");
    });

    test("has no volume where the image has a file", async () => {
      const { stderr, status } = await run("-v", "/bin/busybox", "busybox", "true");
      expect({ stderr, status }).toEqual({
        stderr: expect.stringMatching(
          /Error response from daemon: cannot mount volume over existing file, file exists \/.*\/merged\/bin\/busybox\.?\n/,
        ),
        status: 125,
      });
      expect(await docker("volume", "ls", "-q")).toBe("");
    });

    test("has no volume of its own where it has a tmpfs", async () => {
      await docker("create", "--name", "both", "-v", "/data", "--tmpfs", "/data/", "busybox");
      expect(await inspect("both", "{{.Mounts}}")).toBe("[]");
      await docker("rm", "both");
    });

    test("takes no directory that can't be made", async () => {
      const { stderr } = await run("-v", "/proc/nosuch/x:/data", "busybox", "true");
      expect(stderr).toMatch(/error while creating mount source path '\/proc\/nosuch\/x': .*ENOENT/);
    });
  });

  test("events tell of a run", async () => {
    const since = Date.now() / 1000;
    await run("busybox", "true");
    await delay(500);
    const told = await docker(
      "events",
      "--since",
      String(since),
      "--until",
      String(Date.now() / 1000),
      "--format",
      "{{.Type}} {{.Action}}",
    );
    for (const event of [
      "container create",
      "container attach",
      "container start",
      "container die",
      "container destroy",
    ])
      expect(told.split("\n")).toContain(event);
  });

  test("is told what there is: version, info, df, networks", async () => {
    expect(await docker("version", "--format", "{{.Server.APIVersion}} {{.Server.Version}}")).toMatch(/^1\.40 19\.03/);
    expect(await docker("info", "--format", "{{.Driver}} {{.DefaultRuntime}} {{.Images}}")).toBe("overlay2 runc 1");
    expect(await docker("network", "ls", "--format", "{{.Name}}")).toBe("bridge\nhost\nnone");
    expect(await docker("system", "df", "--format", "{{.Type}}: {{.TotalCount}}")).toContain("Images: 1");
  });

  test("is the last that the kernel ends for memory, and its containers are not", async () => {
    const mayAsk = spawnSync("sh", ["-c", "echo -500 > /proc/self/oom_score_adj"]).status === 0;
    const own = readFileSync("/proc/self/oom_score_adj", "utf8");
    expect(readFileSync(`/proc/${dockerd.pid}/oom_score_adj`, "utf8")).toBe(mayAsk ? "-500\n" : own);
    expect((await run("busybox", "cat", "/proc/self/oom_score_adj")).stdout).toBe("0\n");
  });

  test("takes away the pipes of a container whose removal was cut short, and leaves what it can't read alone", async () => {
    const [removed, unreadable] = ["ab".repeat(32), "cd".repeat(32)];
    const pipes = join(dockerd.place.dir, "exec/containerd");
    const records = join(dockerd.place.dir, "data/containers");
    onTestFinished(() => {
      for (const dir of [join(pipes, unreadable), join(records, unreadable)])
        rmSync(dir, { recursive: true, force: true });
    });
    await dockerd.end("SIGKILL");
    for (const dir of [join(pipes, removed), join(pipes, unreadable), join(records, unreadable)]) mkdirSync(dir);
    writeFileSync(join(records, unreadable, "config.v2.json"), "{");
    await dockerd.restart();
    expect(readdirSync(pipes).filter((name) => name === removed || name === unreadable)).toEqual([unreadable]);
    expect(existsSync(join(records, unreadable, "config.v2.json"))).toBe(true);
  });

  test("finds its containers again after dockerd was killed: they run on, and end as they would, or are started", async () => {
    onTestFinished(async () => void (await ask(["rm", "-f", "survivor", "web", "db"])));
    await docker("run", "-d", "--name", "db", ...ALWAYS, "busybox", "sleep", "1000");
    await docker("run", "-d", "--name", "web", ...ALWAYS, "--link", "db", "busybox", "sleep", "1000");
    await docker("kill", "web", "db");
    await docker(
      "run",
      "-d",
      "--name",
      "survivor",
      "busybox",
      "sh",
      "-c",
      "echo one; until [ -e /go ]; do sleep 0.1; done; echo two; exit 4",
    );
    const pid = Number(await inspect("survivor", "{{.State.Pid}}"));
    await dockerd.end("SIGKILL");
    expect(processExists(pid)).toBe(true);
    await dockerd.restart();
    expect(await docker("ps", "--format", "{{.Names}}")).toBe("survivor\nweb\ndb");
    await docker("exec", "survivor", "touch", "/go");
    expect(await docker("wait", "survivor")).toBe("4");
    expect(await docker("logs", "survivor")).toBe("one\ntwo");
    await docker("rm", "survivor");
  });

  test("finds containers when containerd was killed under it", async () => {
    onTestFinished(async () => void (await ask(["rm", "-f", "calm"])));
    onTestFailed(() => console.error(dockerd.log));
    await docker("run", "-d", "--name", "calm", "busybox", "sleep", "1000");
    const pid = Number(await inspect("calm", "{{.State.Pid}}"));
    const containerd = Number(
      /^(\d+)/m.exec(readFileSync(`/proc/${dockerd.pid}/task/${dockerd.pid}/children`, "utf8"))![1],
    );
    const underWay = ask(["exec", "calm", "sh", "-c", "echo begun > /begun; sleep 0.3; echo done; exit 7"]);
    await vi.waitFor(async () => expect((await ask(["exec", "calm", "cat", "/begun"])).stdout).toBe("begun\n"), WAIT);
    process.kill(containerd, "SIGKILL");
    expect(await underWay).toMatchObject({ stdout: "done\n", status: 7 });
    await vi.waitFor(async () => expect((await ask(["exec", "calm", "echo", "here"])).stdout).toBe("here\n"), 40_000);
    expect(processExists(pid)).toBe(true);
  });
});
