/** The genuine clients at a keyboard, and our dockerd: sizes, keys, detach keys; and what they follow and copy. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DOCKER_CLIENTS, missingClient } from "../genuine/docker-clients.ts";
import { busyboxImage, tarOf } from "../harness/busybox-image.ts";
import { Dockerd2019 } from "../harness/dockerd-2019.ts";
import { shellEnvironment } from "../harness/run-program.ts";
import { missing } from "../harness/runtime-under-test.ts";
import { Terminal } from "../harness/terminal.ts";

const CTRL_C = "\x03";
const CTRL_P_CTRL_Q = "\x10\x11";

describe.each(DOCKER_CLIENTS)("docker $version at a terminal, and our dockerd", (client) => {
  const reason = missing() ?? missingClient(client);
  if (reason) return void test.skip(reason);

  let dockerd: Dockerd2019;
  beforeAll(async () => {
    dockerd = await Dockerd2019.start();
    await docker(["load"], busyboxImage("busybox:latest"));
  });
  afterAll(() => dockerd.stop());

  const docker = (args: readonly string[], input?: string | Buffer) => dockerd.docker(args, input, client.path);
  const env = () => ({ ...shellEnvironment(), ...dockerd.env });

  /** Runs docker on a terminal, which is closed after the work. @returns The exit code. */
  async function at(args: readonly string[], work: (terminal: Terminal) => Promise<void>): Promise<number | null> {
    const terminal = new Terminal({ rows: 30, columns: 90 });
    try {
      const exit = once(terminal.run(client.path, args, env()), "exit") as Promise<[number | null]>;
      await work(terminal);
      return (await exit)[0];
    } finally {
      terminal.close();
    }
  }

  test("run -it is a shell of the window's size, which follows it, and hears Ctrl-C", async () => {
    const status = await at(["run", "--rm", "-it", "busybox", "sh"], async (terminal) => {
      await terminal.waitFor("# ");
      terminal.type("while [ \"$(stty size)\" != '40 100' ]; do usleep 10000; done; echo is$(stty size)\r");
      const resizing = setInterval(() => resizeAgain(terminal), 100); // docker listens for it a moment after the start
      await terminal.waitFor("is40 100");
      clearInterval(resizing);
      terminal.type("echo ca$((1+1)); cat\r");
      await terminal.waitFor("ca2");
      terminal.type("echo\r");
      await terminal.waitFor(/echo\r\necho\r\n/); // the second by cat, which hears keys now
      terminal.type(CTRL_C);
      await terminal.waitFor("# ");
      terminal.type("exit 7\r");
    });
    expect(status).toBe(7);
  });

  test("is left by the detach keys, and taken up again by attach; exec -it is another", async () => {
    await at(["run", "-it", "--name", "stays", "busybox", "sh"], async (terminal) => {
      await terminal.waitFor("# ");
      terminal.type(CTRL_P_CTRL_Q);
    });
    expect((await docker(["inspect", "-f", "{{.State.Running}}", "stays"])).stdout).toBe("true\n");
    const execStatus = await at(["exec", "-it", "stays", "sh"], async (terminal) => {
      await terminal.waitFor("# ");
      terminal.type("echo e$((1+1)); exit 4\r");
      await terminal.waitFor("e2");
    });
    expect(execStatus).toBe(4);
    await at(["attach", "stays"], async (terminal) => {
      await terminal.waitFor("# "); // drawn anew for the new window
      terminal.type(CTRL_P_CTRL_Q);
    });
    const status = await at(["attach", "stays"], async (terminal) => {
      await terminal.waitFor("# ");
      terminal.type("echo b$((2+2))c\r");
      await terminal.waitFor("b4c");
      terminal.type("exit 5\r");
    });
    expect(status).toBe(5);
    await docker(["rm", "stays"]);
  });

  test("logs -f and events follow until all is said", async () => {
    const words = [
      "events",
      "--since",
      String(Date.now() / 1000),
      "--filter",
      "container=told",
      "--format",
      "{{.Action}}",
    ];
    const events = spawn(client.path, words, { env: env() });
    const told = linesUntil(events, "destroy");
    const script = "echo one; usleep 200000; echo two";
    await docker(["run", "-d", "--name", "told", "busybox", "sh", "-c", script]);
    expect((await docker(["logs", "-f", "told"])).stdout).toBe("one\ntwo\n");
    await docker(["rm", "told"]);
    expect(await told).toEqual(["create", "start", "die", "destroy"]);
    events.kill();
  });

  test("cp carries files in and out", async () => {
    await docker(["create", "--name", "box", "busybox", "cat", "/tmp/file"]);
    expect(await docker(["cp", "-", "box:/tmp"], tarOf({ file: "carried\n" }))).toMatchObject({ status: 0 });
    expect((await docker(["cp", "box:/tmp/file", "-"])).stdout).toContain("carried\n");
    expect((await docker(["start", "-a", "box"])).stdout).toBe("carried\n");
    await docker(["rm", "box"]);
  });
});

function resizeAgain(terminal: Terminal): void {
  terminal.resize({ rows: 41, columns: 100 });
  terminal.resize({ rows: 40, columns: 100 });
}

/** The lines that a program prints, until one of them. */
async function linesUntil({ stdout }: ChildProcess, last: string): Promise<string[]> {
  let output = "";
  stdout!.setEncoding("utf8").on("data", (text: string) => (output += text));
  while (!output.includes(`${last}\n`)) await once(stdout!, "data");
  return output.trim().split("\n");
}
