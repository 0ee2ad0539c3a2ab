/** What a container lives through under a genuine dockerd when the runtime is the one under test. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cgroupMounts } from "@eras/cgroups/detect.ts";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { shellEnvironment } from "../harness/run-program.ts";
import { missing, RUNTIME } from "../harness/runtime-under-test.ts";
import { Terminal } from "../harness/terminal.ts";
import { sh } from "./docker-cases.ts";
import { DockerSession } from "./docker-session.ts";

const ENTER = "\r";
const CTRL_C = "\x03";
const CTRL_D = "\x04";
/** Docker sets the size when the process runs already. */
const SIZED = `until stty size 2>&1 | grep '33 101'; do usleep 1000; done`;
const FOREVER = ["sleep", "1000"];

describe(`docker, with ${RUNTIME.name},`, () => {
  const reason = missing("/usr/sbin/dockerd", "/usr/bin/docker");
  if (reason) return void test.skip(reason);

  let session: DockerSession;
  const terminals: Terminal[] = [];
  beforeAll(async () => {
    session = await DockerSession.start();
  });
  afterAll(() => session.stop());
  afterEach(() => {
    for (const terminal of terminals.splice(0)) terminal.close();
    const ids = docker("ps", "-aq").split("\n").filter(Boolean);
    if (ids.length > 0) docker("rm", "-f", ...ids);
  });

  const docker = (...args: string[]) => session.docker.docker(args);
  const attempt = (...args: string[]) => session.docker.run(args);

  /** @returns The container's id. */
  function runDetached(flags: readonly string[], ...command: string[]): string {
    return docker("run", "-d", "--runtime", "tested", ...flags, "busybox", ...command);
  }
  const state = (id: string) => JSON.parse(docker("inspect", "-f", "{{json .State}}", id));
  /** The first line of a control file of a container, as the host sees it. */
  function controlFile(controller: string, id: string, file: string): string {
    return readFileSync(join(cgroupMounts().v1.get(controller)!, session.place.cgroupParent, id, file), "utf8").trim();
  }
  async function until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  /** Sits down at a new terminal and types a docker command. */
  function sitDown(...args: string[]) {
    const terminal = new Terminal({ rows: 33, columns: 101 });
    terminals.push(terminal);
    const client = terminal.run("docker", args, { ...shellEnvironment(), ...session.docker.env });
    return { terminal, ended: once(client, "exit") };
  }

  describe("run", () => {
    test("-i feeds stdin to its end", async () => {
      const args = ["run", "--rm", "-i", "--runtime", "tested", "busybox", "wc", "-c"];
      expect((await session.docker.run(args, Buffer.alloc(1_000_000))).stdout.trim()).toBe("1000000");
    });

    test("-it gives the shell a terminal with job control and the window's size", async () => {
      const { terminal, ended } = sitDown("run", "--rm", "-it", "--runtime", "tested", "busybox");
      await terminal.waitFor("/ # ");
      terminal.type(`${SIZED}; tty${ENTER}`);
      await terminal.waitFor("33 101\r\n/dev/pts/0\r\n");
      terminal.type(`sh -c 'trap "stty size" WINCH; echo $((6 * 7)); while :; do usleep 10000; done'${ENTER}`);
      await terminal.waitFor("42\r\n");
      terminal.resize({ rows: 44, columns: 55 });
      await terminal.waitFor("44 55\r\n");
      terminal.type(CTRL_C);
      await terminal.waitFor("/ # ");
      terminal.type(CTRL_D);
      expect(await ended).toEqual([130, null]); // of its last command, which Ctrl-C ended
      expect(terminal.shown).not.toContain("job control turned off");
    });

    test("a container out of memory ends with 137, and Docker knows why", async () => {
      const greedyWhenAsked = "trap 'a=xxxxxxxxxxxxxxxx; while :; do a=$a$a; done' USR1; while :; do usleep 1000; done";
      const id = runDetached(["-m", "16m"], ...sh(greedyWhenAsked));
      while (state(id).Running) await attempt("kill", "-s", "USR1", id); // containerd watches it by now
      expect(state(id).ExitCode).toBe(137);
      await until(() => state(id).OOMKilled);
    });

    test("keeps the outputs for logs", async () => {
      const id = runDetached([], ...sh("echo out; echo err >&2"));
      docker("wait", id);
      expect(await attempt("logs", id)).toEqual({ stdout: "out\n", stderr: "err\n", status: 0 });
    });

    test("joins the namespaces of another container", () => {
      const first = runDetached(["--ipc", "shareable"], ...FOREVER);
      const links = sh("for name in net pid ipc; do readlink /proc/self/ns/$name; done");
      const joined = ["--network", "--pid", "--ipc"].flatMap((flag) => [flag, `container:${first}`]);
      expect(docker("run", "--rm", "--runtime", "tested", ...joined, "busybox", ...links)).toBe(
        docker("exec", first, ...links),
      );
      expect(docker("run", "--rm", "--runtime", "runc", ...joined, "busybox", ...links)).toBe(
        docker("exec", first, ...links),
      );
    });

    test("--init reaps orphans, which stay as zombies without", async () => {
      const [plain, init] = [[], ["--init"]].map((flags) => runDetached(flags, ...FOREVER));
      const states = (id: string) => docker("exec", id, "ps", "-o", "stat,comm");
      for (const id of [plain!, init!]) docker("exec", id, ...sh("(usleep 1000; touch /tmp/orphan) &"));
      await until(() => /^Z/m.test(states(plain!)));
      await until(() => docker("exec", init!, "ls", "/tmp") === "orphan" && !/^Z/m.test(states(init!)));
    });

    test("--init passes signals on", () => {
      const id = runDetached(["--init"], ...FOREVER);
      docker("kill", "-s", "TERM", id);
      expect(docker("wait", id)).toBe("143");
    });
  });

  describe("exec", () => {
    test("runs beside the container, with its own exit status, user, place and variables", async () => {
      const id = runDetached(["-e", "A=b"], ...FOREVER);
      const flags = ["-e", "C=d", "-u", "33:44", "-w", "/tmp"];
      const { stdout, stderr, status } = await attempt(
        "exec",
        ...flags,
        id,
        ...sh("id; pwd; echo $A $C; echo err >&2; exit 9"),
      );
      expect({ stdout, stderr, status }).toEqual({
        stdout: "uid=33 gid=44 groups=44\n/tmp\nb d\n",
        stderr: "err\n",
        status: 9,
      });
    });

    test("has the capabilities, the filter and the cgroup of the container", () => {
      const id = runDetached(["--cap-drop", "CHOWN", "--security-opt", "no-new-privileges"], ...FOREVER);
      const look = sh("grep -E '^(Cap|NoNew|Seccomp)' /proc/self/status; cat /proc/self/cgroup");
      const reference = docker(
        "run",
        "-d",
        "--runtime",
        "runc",
        "--cap-drop",
        "CHOWN",
        "--security-opt",
        "no-new-privileges",
        "busybox",
        ...FOREVER,
      );
      const ours = docker("exec", id, ...look);
      expect(ours).toContain(id);
      expect(ours.replaceAll(id, "ID")).toBe(docker("exec", reference, ...look).replaceAll(reference, "ID"));
    });

    test("-it has a terminal of its own", async () => {
      const id = runDetached([], ...FOREVER);
      const { terminal, ended } = sitDown("exec", "-it", id, "sh");
      await terminal.waitFor("/ # ");
      terminal.type(`${SIZED}; tty${ENTER}`);
      await terminal.waitFor("33 101\r\n/dev/pts/0\r\n");
      terminal.type(`exit 4${ENTER}`);
      expect(await ended).toEqual([4, null]);
      expect(terminal.shown).not.toContain("job control turned off");
    });

    test("-i feeds stdin to its end", async () => {
      const id = runDetached([], ...FOREVER);
      expect((await session.docker.run(["exec", "-i", id, "wc", "-c"], Buffer.alloc(1_000_000))).stdout.trim()).toBe(
        "1000000",
      );
    });

    test("-d leaves it running", async () => {
      const id = runDetached([], ...FOREVER);
      docker("exec", "-d", id, "sleep", "2000");
      await until(() => docker("top", id).includes("sleep 2000"));
    });

    test.each([
      { command: "nosuch", text: /exec: "nosuch": executable file not found in \$PATH/ },
      { command: "/etc", text: /exec: "\/etc": .*(permission denied|is a directory)/ },
    ])("of $command ends with 126 and says why", async ({ command, text }) => {
      const [ours, genuine] = ["tested", "runc"].map((name) =>
        docker("run", "-d", "--runtime", name, "busybox", ...FOREVER),
      );
      const result = await attempt("exec", ours!, command);
      expect(`${result.stdout}${result.stderr}`).toMatch(text);
      expect(result.status).toBe(126);
      expect(result).toEqual(await attempt("exec", genuine!, command));
    });
  });

  describe("a running container", () => {
    test("pauses and unpauses", () => {
      const id = runDetached([], ...FOREVER);
      docker("pause", id);
      expect(controlFile("freezer", id, "freezer.state")).toBe("FROZEN");
      expect(state(id).Status).toBe("paused");
      docker("unpause", id);
      expect(controlFile("freezer", id, "freezer.state")).toBe("THAWED");
    });

    test("has its limits changed", () => {
      const id = runDetached(["-m", "64m"], ...FOREVER);
      docker(
        "update",
        "-m",
        "32m",
        "--memory-swap",
        "48m",
        "--cpus",
        "0.25",
        "-c",
        "100",
        "--pids-limit",
        "20",
        "--cpuset-cpus",
        "0",
        id,
      );
      expect({
        memory: controlFile("memory", id, "memory.limit_in_bytes"),
        memorySwap: controlFile("memory", id, "memory.memsw.limit_in_bytes"),
        quota: controlFile("cpu", id, "cpu.cfs_quota_us"),
        shares: controlFile("cpu", id, "cpu.shares"),
        cpus: controlFile("cpuset", id, "cpuset.cpus"),
        pids: controlFile("pids", id, "pids.max"),
      }).toEqual({
        memory: String(32 << 20),
        memorySwap: String(48 << 20),
        quota: "25000",
        shares: "100",
        cpus: "0",
        pids: "20",
      });
      docker("update", "-m", "128m", "--memory-swap", "256m", id); // both go up: the order of the writes turns round
      expect(controlFile("memory", id, "memory.memsw.limit_in_bytes")).toBe(String(256 << 20));
    });

    test("has statistics and a list of processes", () => {
      const id = runDetached(["-m", "64m"], ...sh("sleep 1000 & wait"));
      expect(docker("stats", "--no-stream", "--format", "{{.PIDs}} {{.MemUsage}}", id)).toMatch(/^2 .*\/ 64MiB$/);
      expect(docker("top", id, "-o", "pid,args")).toMatch(/\bsh -c sleep[\s\S]*sleep 1000$/);
    });

    test("gets signals", async () => {
      const id = runDetached([], ...sh(`trap 'echo got; exit 5' USR1; echo ready; while :; do usleep 1000; done`));
      await until(() => docker("logs", id) === "ready");
      docker("kill", "-s", "USR1", id);
      expect(docker("wait", id)).toBe("5");
      expect(docker("logs", id)).toBe("ready\ngot");
    });

    test("stops: on request, or else by force", async () => {
      const polite = runDetached([], ...sh(`trap 'exit 6' TERM; echo ready; while :; do usleep 1000; done`));
      const deaf = runDetached([], ...FOREVER);
      await until(() => docker("logs", polite) === "ready");
      docker("stop", "-t", "1", polite, deaf);
      expect([state(polite).ExitCode, state(deaf).ExitCode]).toEqual([6, 137]);
    });

    test("is started again by hand, with the files it made", () => {
      const id = docker("create", "--runtime", "tested", "busybox", ...sh("echo x >> /file; cat /file"));
      expect(docker("start", "-a", id)).toBe("x");
      expect(docker("start", "-a", id)).toBe("x\nx");
    });

    test("is started again by its policy", async () => {
      const id = runDetached(["--restart", "on-failure:2"], ...sh("exit 3"));
      const restarts = () => docker("inspect", "-f", "{{.RestartCount}} {{.State.Status}} {{.State.ExitCode}}", id);
      await until(() => restarts() === "2 exited 3");
    });

    test("is healthy or not, as its check says", async () => {
      const check = ["--health-cmd", "test -e /tmp/well", "--health-interval", "100ms", "--health-retries", "1"];
      const id = runDetached(check, ...FOREVER);
      await until(() => state(id).Health.Status === "unhealthy");
      docker("exec", id, "touch", "/tmp/well");
      await until(() => state(id).Health.Status === "healthy");
    });

    test("has files copied in and out", () => {
      const id = runDetached([], ...FOREVER);
      docker("exec", id, ...sh("echo inside > /tmp/file"));
      docker("cp", `${id}:/tmp/file`, join(session.place.dir, "file"));
      expect(readFileSync(join(session.place.dir, "file"), "utf8")).toBe("inside\n");
      docker("cp", join(session.place.dir, "file"), `${id}:/bin/copy`);
      expect(docker("exec", id, "cat", "/bin/copy")).toBe("inside");
    });
  });
});
