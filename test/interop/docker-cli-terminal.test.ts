/** Our docker at a keyboard, and what reaches the container: keys, sizes, signals. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Terminal } from "../harness/terminal.ts";
import { DockerCliSession, missingForDocker } from "./docker-cli-session.ts";

const missing = missingForDocker();
const START_MS = 90_000;
const CASE_MS = 60_000;

describe.skipIf(missing)(`docker of 2019 on a terminal${missing ? `: ${missing}` : ""}`, { timeout: CASE_MS }, () => {
  let session: DockerCliSession;
  beforeAll(async () => {
    session = await DockerCliSession.start();
  }, START_MS);
  afterAll(() => session.stop(), START_MS);

  /** Runs our docker on a terminal; it is closed after the test. */
  async function at<Result>(
    args: readonly string[],
    work: (terminal: Terminal, exit: Promise<unknown[]>) => Promise<Result>,
  ): Promise<Result> {
    const terminal = new Terminal({ rows: 30, columns: 90 });
    try {
      const docker = terminal.run(session.program, args, session.env);
      return await work(terminal, once(docker, "exit"));
    } finally {
      terminal.close();
    }
  }

  test("run -it is a shell of its window's size, which follows it, and ends with the shell's status", async () => {
    await at(["run", "--rm", "-it", "busybox", "sh"], async (terminal, exit) => {
      const before = terminal.settings;
      await terminal.waitFor("# ");
      terminal.type("echo a$((1+1))b\r");
      await terminal.waitFor("a2b");
      terminal.type("stty size\r");
      await terminal.waitFor("30 90");
      terminal.resize({ rows: 40, columns: 100 });
      terminal.type("while [ \"$(stty size)\" != '40 100' ]; do :; done; echo is$(stty size)\r");
      await terminal.waitFor("is40 100");
      terminal.type("echo st$((1+1)); while :; do :; done\r"); // a shell that is about to start a program may miss a key
      await terminal.waitFor("st2");
      terminal.type("\x03");
      await terminal.waitFor("# ");
      terminal.type("exit 7\r");
      expect(await exit).toEqual([7, null]);
      expect(terminal.settings.lflag).toBe(before.lflag);
    });
  });

  test("lets go at the detach keys, and comes back with attach", async () => {
    await at(["run", "-it", "--name", "stays", "busybox", "sh"], async (terminal, exit) => {
      await terminal.waitFor("# ");
      terminal.type("\x10\x11"); // Ctrl-P Ctrl-Q
      await terminal.waitFor("read escape sequence");
      expect(await exit).toEqual([0, null]);
    });
    await at(["attach", "--detach-keys", "ctrl-a,d", "stays"], async (terminal, exit) => {
      terminal.type("echo b$((2+2))c\r");
      await terminal.waitFor("b4c");
      terminal.type("\x01d");
      await terminal.waitFor("read escape sequence");
      expect((await exit)[1]).toBeNull();
    });
    expect((await session.ours(["inspect", "-f", "{{.State.Running}}", "stays"])).stdout).toBe("true\n");
  });

  test("exec -it is another terminal in the same container", async () => {
    await session.ours(["run", "-d", "--name", "other", "busybox", "sleep", "1000"]);
    await at(["exec", "-it", "other", "sh"], async (terminal, exit) => {
      await terminal.waitFor("# ");
      terminal.type("stty size; exit 4\r");
      await terminal.waitFor("30 90");
      expect(await exit).toEqual([4, null]);
    });
  });

  test("run -t without a terminal to read from is refused as the genuine one refuses it", async () => {
    const args = ["run", "--rm", "-it", "busybox", "true"];
    const [ours, genuine] = [await session.ours(args), await session.genuine(args)];
    expect(ours.stderr).toContain("the input device is not a TTY");
    expect(genuine.stderr).toContain("the input device is not a TTY");
    expect(ours.status).toBe(genuine.status);
  });

  test.each(["SIGTERM", "SIGHUP", "SIGUSR1"] as const)("%s of docker is the container's", async (signal) => {
    const script = "trap 'echo got it; exit 9' TERM HUP USR1; echo ready; while :; do sleep 0.1; done";
    const docker = spawn(session.program, ["run", "--rm", "busybox", "sh", "-c", script], { env: session.env });
    let output = "";
    docker.stdout.setEncoding("utf8").on("data", (text: string) => {
      if (text.includes("ready")) docker.kill(signal);
      output += text;
    });
    expect(await once(docker, "close")).toEqual([9, null]);
    expect(output).toBe("ready\ngot it\n");
  });

  test("confirms before it prunes, and takes everything but a yes for no", async () => {
    await session.ours(["create", "--name", "pruned", "busybox"]);
    await at(["container", "prune"], async (terminal, exit) => {
      await terminal.waitFor("[y/N] ");
      terminal.type("n\r");
      expect(await exit).toEqual([0, null]);
    });
    expect((await session.ours(["inspect", "-f", "{{.Name}}", "pruned"])).stdout).toBe("/pruned\n");
  });
});
