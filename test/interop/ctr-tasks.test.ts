/** Our ctr at a genuine containerd: running things, and sitting at them. */
import { once } from "node:events";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ContainerdEvents } from "../genuine/containerd-events.ts";
import { BUSYBOX, CTR, CtrSession, missingForCtr, newId, SUCCESS, until } from "../harness/ctr-session.ts";
import { shellEnvironment } from "../harness/run-program.ts";
import { Terminal } from "../harness/terminal.ts";

const ENTER = "\r";

describe("ctr, of tasks,", () => {
  const reason = missingForCtr();
  if (reason) return void test.skip(reason);

  let session: CtrSession;
  beforeAll(async () => {
    session = await CtrSession.start();
  });
  afterAll(() => session.stop());
  afterEach(() => session.removeContainers());
  const run = (flags: readonly string[], ...command: string[]) =>
    session.ours(...session.runArguments(["--rm", ...flags], newId(), command));

  describe("run", () => {
    test("shows both outputs and ends with the container's exit status", async () => {
      expect(await run([], "sh", "-c", "echo out; echo err >&2; exit 7")).toEqual({
        stdout: "out\n",
        stderr: "err\n",
        status: 7,
      });
      expect(existsSync(session.fifoDir) ? readdirSync(session.fifoDir) : []).toEqual([]);
    });

    test("loses nothing of a long output", async () => {
      const { stdout } = await run([], "seq", "1", "200000");
      expect(stdout).toHaveLength(1_288_895);
    });

    test("feeds stdin, and tells its end", async () => {
      const args = session.runArguments(["--rm"], newId(), ["cat"]);
      expect((await session.withInput("hello\n".repeat(50_000), ...args)).stdout).toBe("hello\n".repeat(50_000));
    });

    test("leaves nothing of a container that can't be started", async () => {
      const { stderr, status } = await run([], "nosuch");
      expect(stderr).toMatch(
        /^ctr: failed to create shim task: .*"nosuch": executable file not found in \$PATH: unknown\n$/,
      );
      expect(status).toBe(1);
      expect(await run(["--pid-file", "/nosuch/pid"], "true")).toMatchObject({
        stderr: expect.stringContaining("/nosuch/pid"),
        status: 1,
      });
      expect((await session.genuine("tasks", "ls", "-q")).stdout).toBe("");
      await session.same("containers", "ls");
      expect((await session.genuine("snapshots", "ls")).stdout).not.toContain("eras-ctr");
    });

    test("sends signals on", async () => {
      const id = newId();
      const script = "trap 'echo got; exit 5' TERM; echo ready; while :; do usleep 10000; done";
      const terminal = new Terminal();
      const ctr = terminal.run(
        CTR,
        [...session.containerd.address, ...session.runArguments(["--rm"], id, ["sh", "-c", script])],
        shellEnvironment(),
      );
      const ended = once(ctr, "exit");
      await terminal.waitFor("ready");
      ctr.kill("SIGTERM");
      await terminal.waitFor("got");
      expect(await ended).toEqual([5, null]);
      terminal.close();
    });

    test("-t lends the terminal: size, job control, Ctrl-C, and back", async () => {
      const terminal = new Terminal({ rows: 33, columns: 101 });
      const before = terminal.settings;
      const args = [...session.containerd.address, ...session.runArguments(["--rm", "-t"], newId(), ["sh"])];
      const ended = once(terminal.run(CTR, args, shellEnvironment()), "exit");
      await terminal.waitFor("/ # ");
      terminal.type(`stty size; tty${ENTER}`);
      await terminal.waitFor(/\n33 101\r+\n/);
      await terminal.waitFor(/\/dev\/(console|pts\/0)\r+\n/);
      terminal.resize({ rows: 44, columns: 55 });
      terminal.type(`stty size${ENTER}`);
      await terminal.waitFor(/\n44 55\r+\n/);
      terminal.type(`sh -c 'echo $((6 * 7)); exec cat'${ENTER}`);
      await terminal.waitFor(/\n42\r+\n/);
      terminal.type("\x03"); // which throws away what has been typed after it, too
      await terminal.waitFor("/ # ");
      terminal.type(`echo code $?${ENTER}`);
      await terminal.waitFor("code 130");
      terminal.type(`exit 3${ENTER}`);
      expect(await ended).toEqual([3, null]);
      expect(terminal.shown).not.toContain("job control turned off");
      expect(terminal.settings).toEqual(before);
      terminal.close();
    });

    test("-t without a terminal says so, and leaves nothing", async () => {
      const { stderr, status } = await run(["-t"], "sh");
      expect({ stderr, status }).toMatchObject({ stderr: expect.stringContaining("not a console"), status: 1 });
      await session.same("tasks", "ls");
      await session.same("containers", "ls");
    });

    test("runs as the user that the container's files name", async () => {
      const id = await session.runDetached(
        "sh",
        "-c",
        "echo u:x:12:34::/: >/etc/passwd; echo g:x:56:u >/etc/group; sleep 1000",
      );
      await until(
        async () =>
          (
            await session.ours(
              "tasks",
              "exec",
              "--fifo-dir",
              session.fifoDir,
              "--exec-id",
              newId(),
              id,
              "test",
              "-e",
              "/etc/group",
            )
          ).status === 0,
      );
      const exec = (user: string) =>
        session.ours("tasks", "exec", "--fifo-dir", session.fifoDir, "--user", user, "--exec-id", newId(), id, "id");
      expect((await exec("u")).stdout).toBe("uid=12(u) gid=34 groups=34,56(g)\n");
      expect((await exec("u:g")).stdout).toMatch("uid=12(u) gid=56(g)");
      expect((await exec("1000:2000")).stdout).toBe("uid=1000 gid=2000 groups=2000\n");
      expect((await exec("nobody-here")).stderr).toContain('no users found: "nobody-here"');
    });

    test("with --uidmap gives the files to the mapped root", async () => {
      const { stdout } = await run(
        ["--uidmap", "0:100000:1000", "--gidmap", "0:200000:1000"],
        "sh",
        "-c",
        "cat /proc/self/uid_map; ls -ln /bin/busybox",
      );
      expect(stdout).toMatch(/0 +100000 +1000\n.* 0 +0 /);
    });
  });

  describe("a task", () => {
    test("is listed, paused, resumed, measured, killed and deleted", async () => {
      const id = await session.runDetached("sh", "-c", "sleep 1000 & wait");
      await session.same("tasks", "ls");
      await session.same("tasks", "ls", "-q");
      await session.same("tasks", "ps", id);
      await session.same("containers", "ls");
      const metrics = JSON.parse((await session.ours("tasks", "metrics", "--format", "json", id)).stdout);
      expect(metrics).toMatchObject({ pids: { current: 2 }, memory: { usage: { usage: expect.any(Number) } } });
      expect((await session.ours("tasks", "metrics", id)).stdout).toMatch(
        /^ID +TIMESTAMP +\n[\s\S]*\npids.current +2 /,
      );
      expect(await session.ours("tasks", "pause", id)).toEqual(SUCCESS);
      expect(await session.status(id)).toBe("PAUSED");
      expect(await session.ours("tasks", "resume", id)).toEqual(SUCCESS);
      await session.same("tasks", "delete", id);
      await session.same("containers", "delete", id);
      expect(await session.ours("tasks", "kill", "-s", "9", id)).toEqual(SUCCESS);
      await until(async () => (await session.status(id)) === "STOPPED");
      await session.same("tasks", "kill", id);
      expect(await session.ours("tasks", "delete", id)).toMatchObject({
        stderr: expect.stringContaining("code 137"),
        status: 0,
      });
      expect(await session.ours("containers", "delete", id)).toEqual(SUCCESS);
      expect(readdirSync(session.fifoDir)).toEqual([]);
    });

    test("gets a further process, with its own streams and exit status", async () => {
      const id = await session.runDetached("sleep", "1000");
      const exec = (execId: string, ...command: string[]) =>
        session.ours("tasks", "exec", "--fifo-dir", session.fifoDir, "--exec-id", execId, id, ...command);
      expect(await exec("e1", "sh", "-c", "echo out; echo err >&2; exit 9")).toEqual({
        stdout: "out\n",
        stderr: "err\n",
        status: 9,
      });
      expect(await exec("e1", "nosuch")).toMatchObject({ stderr: expect.stringContaining('"nosuch"'), status: 1 });
      expect(await session.ours("tasks", "exec", id, "true")).toMatchObject({
        stderr: 'ctr: Required flag "exec-id" not set\n',
      });
    });

    test("answers by its shim alone, without containerd", async () => {
      const id = await session.runDetached("sleep", "1000");
      const shim = ["shim", "--id", id];
      expect(JSON.parse((await session.same(...shim, "state")).stdout)).toMatchObject({ id, status: 2 });
      const { Spec } = JSON.parse((await session.ours("containers", "info", id)).stdout);
      const file = join(session.place.dir, "process.json");
      writeFileSync(file, JSON.stringify({ ...Spec.process, args: ["sh", "-c", "echo $A; pwd; cat; exit 3"] }));
      const fifos = ["stdin", "stdout", "stderr"].flatMap((one) => [`--${one}`, join(session.place.dir, one)]);
      const flags = ["--attach", ...fifos, "--spec", file, "--env", "A=b", "--cwd", "/bin"];
      expect(await session.withInput("typed\n", ...shim, "exec", ...flags, "e1")).toEqual({
        stdout: expect.stringMatching(/^(exec running with pid \d+\n|b\n\/bin\n){2}typed\n$/), // who is first is open
        stderr: "",
        status: 0,
      });
      expect((await session.ours(...shim, "delete", "e1")).stdout).toBe(
        "container deleted and returned exit status 3\n",
      );
      expect((await session.ours(...shim, "delete")).stderr).toContain("cannot delete a running process");
    });

    test("exec -t has a terminal", async () => {
      const id = await session.runDetached("sleep", "1000");
      const terminal = new Terminal();
      const flags = ["--fifo-dir", session.fifoDir, "-t", "--exec-id", "e1"];
      const ended = once(
        terminal.run(CTR, [...session.containerd.address, "tasks", "exec", ...flags, id, "sh"], shellEnvironment()),
        "exit",
      );
      await terminal.waitFor("/ # ");
      terminal.type(`tty; exit 4${ENTER}`);
      await terminal.waitFor(/\/dev\/pts\/0\r+\n/);
      expect(await ended).toEqual([4, null]);
      terminal.close();
    });

    test("can be attached to, from where it runs on", async () => {
      const id = await session.runDetached("sh", "-c", 'read word; echo "got $word"; exit 6');
      const attached = await session.withInput("hello\n", "tasks", "attach", id);
      expect(attached).toEqual({ stdout: "got hello\n", stderr: "", status: 6 });
    });

    test("of a created container is started, and tells its life in events", async () => {
      const events = new ContainerdEvents(session.containerd);
      const id = newId();
      expect(
        await session.ours(
          "containers",
          "create",
          "--cgroup",
          `/${session.place.cgroupParent}/${id}`,
          BUSYBOX,
          id,
          "echo",
          "hi",
        ),
      ).toEqual(SUCCESS);
      expect(await session.ours("tasks", "start", "--fifo-dir", session.fifoDir, id)).toEqual({
        ...SUCCESS,
        stdout: "hi\n",
      });
      await events.waitFor("/tasks/delete");
      expect(events.topics).toEqual(["create", "start", "exit", "delete"].map((topic) => `/tasks/${topic}`));
      await events.stop();
    });
  });
});
