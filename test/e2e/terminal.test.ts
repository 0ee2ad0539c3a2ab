/** `docker run -i -t` at a real terminal, and the same streams through pipes; with our lxc-start and with Debian's. */
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { openImageTar } from "@eras/era/shelf/shelf.ts";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { describeWithBothLxcs } from "../harness/both-lxcs.ts";
import { DOCKER, Docker2013 } from "../harness/docker-2013.ts";
import { Terminal } from "../harness/terminal.ts";

const CTRL_C = "\x03";
const CTRL_D = "\x04";
const CTRL_Z = "\x1a";
const ENTER = "\r";
const PROMPT = "/ # ";

describeWithBothLxcs("docker", (flags) => {
  let docker: Docker2013;
  beforeAll(async () => {
    docker = await Docker2013.start(flags);
    await docker.putBusybox();
  });
  afterAll(() => docker.stop());

  const terminals: Terminal[] = [];
  afterEach(async () => {
    for (const terminal of terminals.splice(0)) terminal.close();
    const running = await runningContainers();
    if (running.length > 0) await docker.docker(["kill", ...running]); // of a test that failed
  });

  /** Sits down at a new terminal and types a docker command. */
  function sitDown(...args: string[]) {
    return sitDownWith({}, ...args);
  }
  function sitDownWith(env: NodeJS.ProcessEnv, ...args: string[]) {
    const terminal = new Terminal({ rows: 24, columns: 80 });
    terminals.push(terminal);
    const before = terminal.settings;
    const client = terminal.run(DOCKER, args, { PATH: process.env.PATH, DOCKER: docker.tcp, ...env });
    const ended = once(client, "exit") as Promise<[code: number | null, signal: string | null]>;
    return { terminal, client, ended, before };
  }

  /** A shell in a new container, at its first prompt. */
  async function sitAtShell() {
    const session = sitDown("run", "-i", "-t", "busybox", "sh");
    await session.terminal.waitFor(PROMPT);
    return session;
  }

  async function runningContainers(): Promise<string[]> {
    return (await docker.docker(["ps", "-q"])).stdout.split("\n").filter(Boolean);
  }

  describe("run -i -t", () => {
    test("gives the shell a terminal with a name and job control, until Ctrl-D", async () => {
      const { terminal, ended, before } = await sitAtShell();
      expect(terminal.shown).not.toContain("job control turned off");
      terminal.type(`tty${ENTER}`);
      expect(await terminal.waitFor(/\n(\S+)\r+\n/)).toMatch(/^\/dev\/(console|pts\/\d+)$/);

      terminal.type(`sh -c 'trap "echo $((6 * 8))" CONT; echo $((6 * 7)); while :; do usleep 10000; done'${ENTER}`);
      await terminal.waitFor("42\r\n");
      terminal.type(CTRL_Z);
      await terminal.waitFor(/\[1\]\+\s+Stopped/);
      terminal.type(`fg${ENTER}`);
      await terminal.waitFor("48\r\n");
      terminal.type(CTRL_C);
      await terminal.waitFor(PROMPT);

      terminal.type(CTRL_D);
      expect(await ended).toEqual([0, null]);
      expect(terminal.settings).toEqual(before);
    });

    test("hands Ctrl-C to the program inside, never to the client", async () => {
      const { terminal, ended } = sitDown(
        ...["run", "-i", "-t", "busybox", "sh", "-c"],
        `trap 'echo interrupted; exit' INT; echo ready; while :; do usleep 10000; done`,
      );
      await terminal.waitFor("ready");
      terminal.type(CTRL_C);
      await terminal.waitFor("interrupted");
      expect(await ended).toEqual([0, null]);
    });

    test("has the size of the window, and tells programs when it changes", async () => {
      const loop = `stty size; trap 'stty size; exit' WINCH; echo ready; while :; do usleep 10000; done`;
      const { terminal, ended } = sitDown("run", "-i", "-t", "busybox", "sh", "-c", loop);
      await terminal.waitFor(/24 80\r+\nready/);
      terminal.resize({ rows: 33, columns: 101 });
      await terminal.waitFor("33 101");
      await ended;
    });

    test("lets colours, and any other bytes, through", async () => {
      const { terminal, ended } = sitDown("run", "-i", "-t", "busybox", "ls", "-d", "--color=always", "/bin");
      await terminal.waitFor("34m/bin\x1b[");
      await ended;
      const { stdout } = await docker.docker(["run", "-a", "-t", "busybox", "printf", "\\033[31mred \\342\\202\\254"]);
      expect(Buffer.from(stdout, "latin1").toString()).toBe("\x1b[31mred €");
    });

    test("leaves line ends to the terminal inside: an editor moves down with a bare line feed", async () => {
      const { terminal, ended } = sitDown(
        ...["run", "-i", "-t", "busybox", "sh", "-c"],
        `stty -onlcr; echo ready; read line; printf 'one\ntwo'`,
      );
      await terminal.waitFor("ready");
      terminal.type(ENTER);
      await terminal.waitFor("one\ntwo");
      await ended;
    });

    test("echoes what is typed once, and not what is typed for a password", async () => {
      const ask = `stty -echo; printf 'password: '; read word; stty echo; echo; read name; echo "$name $word"`;
      const { terminal, ended } = sitDown("run", "-i", "-t", "busybox", "sh", "-c", ask);
      await terminal.waitFor("password: ");
      terminal.type(`secret${ENTER}`);
      await terminal.waitFor("\r\n");
      terminal.type(`ann${ENTER}`);
      await ended;
      await terminal.waitFor("ann secret");
      expect(terminal.shown).toBe("password: \r\nann\r\nann secret\r\n");
    });
  });

  describe("the terminal's settings", () => {
    test("are back after a client that was asked to end", async () => {
      const { terminal, client, ended, before } = await sitAtShell();
      expect(terminal.settings).not.toEqual(before);
      client.kill("SIGTERM");
      await ended;
      expect(terminal.settings).toEqual(before);
    });

    test("are left alone with NORAW, so that Ctrl-C ends the client", async () => {
      const { terminal, ended, before } = sitDownWith(
        { NORAW: "1" },
        "run",
        "-a",
        "-i",
        "busybox",
        "sh",
        "-c",
        "echo up; cat",
      );
      await terminal.waitFor("up");
      expect(terminal.settings).toEqual(before);
      terminal.type(CTRL_C);
      expect(await ended).toEqual([null, "SIGINT"]);
    });
  });

  describe("attach -i", () => {
    test("reaches the same shell from a second terminal", async () => {
      const first = await sitAtShell();
      const second = sitDown("attach", "-i", ...(await runningContainers()));
      second.terminal.type(`echo $((6 * 7))${ENTER}`);
      await Promise.all([first, second].map(({ terminal }) => terminal.waitFor("42\r\n")));
      first.terminal.type(`exit${ENTER}`);
      expect(await Promise.all([first.ended, second.ended])).toEqual([
        [0, null],
        [0, null],
      ]);
      expect(second.terminal.settings).toEqual(second.before);
    });

    test("leaves the shell running when its client ends", async () => {
      const first = await sitAtShell();
      const second = sitDown("attach", "-i", ...(await runningContainers()));
      second.terminal.type(`echo $((6 * 7))${ENTER}`);
      await second.terminal.waitFor("42\r\n");
      second.client.kill("SIGTERM");
      await second.ended;
      first.terminal.type(`echo $((6 * 8))${ENTER}`);
      await first.terminal.waitFor("48\r\n");
      await first.terminal.waitFor(PROMPT);
      first.terminal.type(CTRL_D);
      expect(await first.ended).toEqual([0, null]);
    });
  });

  describe("a pipe as stdin", () => {
    test("feeds a command", async () => {
      const { stdout, stderr } = await docker.docker(["run", "-i", "-a", "busybox", "sh"], { input: "echo hi" });
      expect({ stdout, stderr }).toEqual({ stdout: "hi\n", stderr: "" });
    });

    test("carries 50 MB there and back", async () => {
      const bytes = randomBytes(50_000_000);
      const client = docker.startClient(["run", "-i", "-a", "busybox", "cat"]);
      const received = createHash("sha256");
      client.stdout!.pipe(received, { end: false });
      client.stdin!.end(bytes);
      expect(await once(client, "close")).toEqual([0, null]);
      expect(received.digest("hex")).toBe(createHash("sha256").update(bytes).digest("hex"));
    });

    test("ends with its half-close, and the answer still comes", async () => {
      const { stdout } = await docker.docker(["run", "-i", "-a", "busybox", "sh", "-c", "wc -c; echo done"], {
        input: Buffer.alloc(1_000_000),
      });
      expect(stdout).toBe("1000000\ndone\n");
    });
  });

  describe("run without a command", () => {
    test("is sh where the image has no bash, and says so once", async () => {
      const { terminal, ended } = sitDown("run", "busybox");
      await terminal.waitFor(PROMPT);
      terminal.type(`echo "$0 $-"${ENTER}`);
      expect(await terminal.waitFor(/\n(\S+ \S+)\r+\n/)).toMatch(/^\/bin\/sh \w*i/);
      await terminal.waitFor(PROMPT);
      terminal.type(CTRL_D);
      expect(await ended).toEqual([0, null]);
      expect(terminal.shown.match(/.*bash.*/g)).toEqual(["The image has no /bin/bash: this is /bin/sh -i"]);
    });

    test("takes its commands from a pipe, too", async () => {
      const { stdout } = await docker.docker(["run", "busybox"], { input: "echo $((6 * 7))\n" });
      expect(stdout).toContain("42\r\n");
    });
  });
});

describe("docker run, with the image base,", () => {
  let docker: Docker2013;
  beforeAll(async () => {
    docker = await Docker2013.start();
    await docker.docker(["put", "base"], { input: Buffer.concat([...(await openImageTar("base"))]) });
  });
  afterAll(() => docker.stop());

  test("is an interactive bash, in colour", async () => {
    const terminal = new Terminal();
    const env = { PATH: process.env.PATH, TERM: "xterm-256color", DOCKER: docker.tcp };
    const ended = once(terminal.run(DOCKER, ["run"], env), "exit");
    await terminal.waitFor(/root@[0-9a-f]{8}:\/# /);
    terminal.type(`echo $0 $-${ENTER}`);
    expect(await terminal.waitFor(/\/bin\/bash \w+/)).toMatch(/ \w*i\w*m/); // i: interactive, m: job control
    terminal.type(`ls /${ENTER}`);
    await terminal.waitFor("\x1b[01;34mdev\x1b[0m");
    terminal.type(`exit${ENTER}`);
    expect(await ended).toEqual([0, null]);
    expect(terminal.shown).not.toContain("no job control");
    terminal.close();
  });

  test("takes bash's commands from a pipe, too", async () => {
    const { stdout } = await docker.docker(["run"], { input: "echo $((6 * 7))\n" });
    expect(stdout).toContain("42\r\n");
  });
});

describe("docker, when the daemon dies,", () => {
  test("ends, and gives the terminal back", async () => {
    const docker = await Docker2013.start();
    await docker.putBusybox();
    const terminal = new Terminal();
    const before = terminal.settings;
    const client = terminal.run(DOCKER, ["run", "-i", "-t", "busybox", "sh"], {
      PATH: process.env.PATH,
      DOCKER: docker.tcp,
    });
    const ended = once(client, "exit");
    await terminal.waitFor(PROMPT);
    await docker.endDaemon("SIGKILL");
    await ended;
    expect(terminal.settings).toEqual(before);
    terminal.close();
    await docker.startDaemon(); // so that it finds the container and takes it away
    await docker.stop();
  });
});
