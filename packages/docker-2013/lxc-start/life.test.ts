/** From the start of lxc-start to its end, and what may come between. */
import { once } from "node:events";
import { closeSync, readFileSync, readSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { ReadStream } from "node:tty";
import { pidfdOpen } from "@eras/linux/pidfd.ts";
import { POLLIN, poll } from "@eras/linux/poll.ts";
import { childrenOf } from "@eras/linux/proc.ts";
import { openpty, setWindowSize } from "@eras/linux/tty.ts";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { cgroupsOf, run, TestContainer } from "./test-container.ts";

let container: TestContainer;
beforeAll(() => {
  container = new TestContainer();
});
afterEach(() => expect(cgroupsOf(container.name)).toEqual([]));
afterAll(() => container.remove());

describe("the exit code", () => {
  test.each([
    ["exit 0", 0],
    ["exit 7", 7],
    ["exec sh -c 'exit 200'", 200],
  ])("is the program's: %s", async (script, code) => {
    expect((await container.sh(script)).code).toBe(code);
  });

  test("is 128 + n when signal n ends the program", async () => {
    const { child, result, printed } = container.start([], ["/bin/sh", "-c", "echo ready; sleep 100"]);
    await printed("ready");
    process.kill(childrenOf(child.pid)[0]!, "SIGKILL");
    expect(await result).toEqual({ code: 137, stdout: "ready\n", stderr: "" });
  });

  test.each([
    ["no-such-program", "lxc-start: Cannot run no-such-program: ENOENT\n"],
    ["/etc", "lxc-start: Cannot run /etc: EACCES\n"],
    ["/etc/no-program", "lxc-start: Cannot run /etc/no-program: ENOEXEC\n"],
  ])("is 255 when %s can't be run", async (program, stderr) => {
    writeFileSync(join(container.rootfs, "etc/no-program"), "what is this", { mode: 0o755 });
    expect(await container.start([], [program]).result).toEqual({ code: 255, stdout: "", stderr });
  });

  test("is 255 when the configuration is wrong, and nothing is started", async () => {
    const { code, stdout, stderr } = await container.sh("echo started", ["lxc.nonsense = 1"]);
    expect([code, stdout]).toEqual([255, ""]);
    expect(stderr).toBe(`lxc-start: ${join(container.dir, container.name)}.lxc:5: unknown key "lxc.nonsense"\n`);
  });

  test.each([
    ["lxc.rootfs = /no/such/rootfs", "Cannot mount rootfs /no/such/rootfs on /no/such/rootfs: ENOENT"],
    ["lxc.cgroup.memory.limit_in_bytes = lots", "memory.limit_in_bytes"],
    ["lxc.cgroup.no.such_control = 1", "no.such_control"],
    ["lxc.aa_profile = lxc-container-default", "Cannot set lxc.aa_profile = lxc-container-default"],
    ["lxc.se_context = system_u:system_r:lxc_t:s0", "Cannot set lxc.se_context = system_u:system_r:lxc_t:s0"],
    ["lxc.seccomp = /no/such/policy", "/no/such/policy"],
  ])("is 255 when the kernel refuses: %s", async (line, message) => {
    const { code, stdout, stderr } = await container.sh("echo started", [line]);
    expect([code, stdout]).toEqual([255, ""]);
    expect(stderr).toMatch(/^lxc-start: /);
    expect(stderr).toContain(message);
  });

  test("is 255 for a wrong option", async () => {
    expect(await run(["--frobnicate"]).result).toMatchObject({
      code: 255,
      stderr: expect.stringContaining("--frobnicate"),
    });
  });
});

describe("the program", () => {
  test("has the streams of lxc-start, each its own", async () => {
    const running = container.start([], ["/bin/sh", "-c", "cat; echo err >&2; ls /proc/self/fd | wc -l"], {
      stdio: "pipe",
    });
    running.child.stdin!.end("in\n");
    expect(await running.result).toEqual({ code: 0, stdout: "in\n4\n", stderr: "err\n" }); // the fourth is that of ls
  });

  test("has the caller's environment, container=lxc, and what is configured; nothing of ours", async () => {
    const env = {
      PATH: process.env.PATH,
      CALLER: "here",
      ERAS_X: "1",
      npm_config_x: "1",
      NODE_COMPILE_CACHE: "/tmp/cc",
    };
    const { stdout } = await container.sh("env", ["lxc.environment = A=b c", "lxc.environment = CALLER=changed"], {
      env,
    });
    const names = stdout.trim().split("\n").toSorted();
    expect(names).toEqual(["A=b c", "CALLER=changed", `PATH=${process.env.PATH}`, "PWD=/", "SHLVL=1", "container=lxc"]);
  });

  test("has the limits and signals that any program starts with", async () => {
    const { stdout } = await container.sh("ulimit -n; grep -E 'Sig(Blk|Ign)|NoNewPrivs' /proc/self/status; umask");
    expect(stdout).toBe("1024\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\nNoNewPrivs:\t0\n0022\n");
  });

  test("sees the machine that lxc.arch names", async () => {
    expect((await container.sh("uname -m", ["lxc.arch = x86_64"])).stdout).toBe("x86_64\n");
    expect((await container.sh("uname -m", ["lxc.arch = x86"])).stdout).toBe("i686\n");
  });

  test("is found in the container's PATH", async () => {
    const { stdout } = await container.start([], ["hostname"], { env: {} }).result;
    expect(stdout).toBe("inside\n");
  });
});

describe("signals", () => {
  test.each(["TERM", "HUP", "INT", "QUIT", "USR1", "USR2", "WINCH"])("SIG%s reaches the program", async (name) => {
    const script = `trap 'echo got ${name}; exit 9' ${name}; echo ready; while :; do sleep 0.05; done`;
    const { child, result, printed } = container.start([], ["/bin/sh", "-c", script]);
    await printed("ready");
    process.kill(child.pid, `SIG${name}`);
    expect(await result).toEqual({ code: 9, stdout: `ready\ngot ${name}\n`, stderr: "" });
  });

  test("SIGKILL to lxc-start ends the program too, and the next start clears up", async () => {
    const { child, result, printed } = container.start([], ["/bin/sh", "-c", "echo ready; sleep 100"]);
    await printed("ready");
    const init = pidfdOpen(childrenOf(child.pid)[0]!);
    process.kill(child.pid, "SIGKILL");
    await result;
    expect(poll([{ fd: init, events: POLLIN }], 5000)).toEqual([POLLIN]); // a pidfd is readable when its process has ended
    closeSync(init);
    expect(cgroupsOf(container.name)).not.toEqual([]);
    expect((await container.sh("true")).code).toBe(0);
  });

  test("SIGKILL at any moment leaves no process", async () => {
    for (let delayMs = 0; delayMs < 200; delayMs += 20) {
      const { child, result } = container.start([], ["/bin/sleep", "1234"]);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      process.kill(child.pid, "SIGKILL");
      await result;
    }
    expect((await container.sh("true")).code).toBe(0); // a process left over would be "already running"
  });
});

describe("a name", () => {
  test("can't be used twice at a time", async () => {
    const { child, result, printed } = container.start([], ["/bin/sh", "-c", "echo ready; cat"], { stdio: "pipe" });
    await printed("ready");
    const second = await container.sh("echo second");
    expect(second).toEqual({
      code: 255,
      stdout: "",
      stderr: `lxc-start: Cannot start ${container.name}: it is already running\n`,
    });
    child.stdin!.end();
    expect((await result).code).toBe(0);
  });
});

test("the log tells of the start and the end", async () => {
  const log = join(container.dir, "log");
  const config = join(container.dir, "log.lxc");
  writeFileSync(config, container.base.join("\n"));
  await run(["-n", container.name, "-f", config, "-o", log, "-l", "INFO", "--", "/bin/sh", "-c", "exit 3"]).result;
  expect(readFileSync(log, "utf8")).toMatch(/INFO init is process \d+\n.*INFO .* ended with exit code 3\n$/);
});

describe("on a terminal", () => {
  test("the program has job control, Ctrl-C and window sizes", async () => {
    const { master, slave } = openpty();
    setWindowSize(slave, { rows: 30, columns: 100 });
    const { child, result } = container.start(["lxc.pts = 8"], ["/bin/sh"], { stdio: [slave, slave, slave] });
    onTestFinished(() => void child.kill("SIGKILL"));
    closeSync(slave);
    const screen = new ReadStream(master);
    let shown = "";
    screen.on("data", (chunk) => (shown += chunk)).on("error", () => {}); // EIO: the last slave is closed
    const shows = async (text: string) => {
      while (!shown.includes(text)) await once(screen, "data");
    };
    await shows("# ");
    writeSync(master, "sh -c 'echo started; sleep 1000'\n");
    await shows("\r\nstarted");
    writeSync(master, "\x03");
    await shows("^C");
    writeSync(master, "echo gave $?; stty size; exit 5\n");
    await shows("gave 130");
    await shows("30 100");
    expect((await result).code).toBe(5);
    expect(shown).not.toContain("job control turned off");
  });
});

test("a program that only prints on a terminal doesn't take it from those who share it", async () => {
  const { master, slave } = openpty();
  const { result } = container.start([], ["/bin/echo", "from inside"], { stdio: ["ignore", slave, slave] });
  expect((await result).code).toBe(0);
  writeSync(slave, "from outside\n"); // EIO if the end of the container has hung it up
  let shown = "";
  const piece = Buffer.alloc(100);
  while (!shown.includes("outside\r\n")) shown += piece.toString("utf8", 0, readSync(master, piece));
  expect(shown).toBe("from inside\r\nfrom outside\r\n");
  closeSync(slave);
  closeSync(master);
});

test("200 starts in a row leave nothing", { timeout: 180_000 }, async () => {
  const processes = childrenOf("self");
  for (let start = 0; start < 200; start++) {
    expect(await container.start(["lxc.tty = 1", "lxc.pts = 8"], ["/bin/true"]).result).toEqual({
      code: 0,
      stdout: "",
      stderr: "",
    });
  }
  expect(childrenOf("self")).toEqual(processes);
});
