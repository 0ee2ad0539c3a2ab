/** What the commands of January 2013 do, asked of the kernel and the files where they can tell; with our lxc-start and with Debian's. */
import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, closeSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { isMountPoint } from "@eras/linux/mountinfo.ts";
import { processExists } from "@eras/linux/proc.ts";
import { getTermios, makeRaw, openpty, setTermios, type Termios } from "@eras/linux/tty.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeWithBothLxcs } from "../harness/both-lxcs.ts";
import { busyboxTar, Docker2013 } from "../harness/docker-2013.ts";
import { leftovers } from "../harness/leftovers.ts";

describeWithBothLxcs("docker", (flags) => {
  let docker: Docker2013;
  let image: string;
  beforeAll(async () => {
    docker = await Docker2013.start(flags);
    image = await docker.putBusybox();
  });
  afterAll(async () => {
    const { root, pid } = docker;
    const containers = await lines("ps", "-a", "-q");
    await docker.docker(["kill", ...containers]);
    await docker.docker(["rm", ...containers]);
    const left = leftovers(root, { daemonPid: pid, containers });
    await docker.stop();
    expect(left).toEqual([]);
  });

  async function output(...args: string[]): Promise<string> {
    return (await docker.docker(args)).stdout;
  }
  async function lines(...args: string[]): Promise<string[]> {
    return (await output(...args)).split("\n").filter(Boolean);
  }
  /** Runs a command in the background. @returns The container's id. */
  async function runDetached(...command: string[]): Promise<string> {
    const [id] = await lines("run", "busybox", ...command);
    expect(id).toMatch(/^[0-9a-f]{8}$/);
    return id!;
  }
  /** Runs a command to its end. @returns The container's id. */
  async function runToEnd(...command: string[]): Promise<string> {
    const id = await runDetached(...command);
    await output("wait", id);
    return id;
  }
  const container = (id: string, ...names: string[]) => join(docker.root, "containers", id, ...names);
  const record = (id: string) => JSON.parse(readFileSync(container(id, "config.json"), "utf8"));
  /** Status column of `ps -a`. */
  async function status(id: string): Promise<string> {
    const line = (await lines("ps", "-a")).find((row) => row.startsWith(id))!;
    return line.split(/ {3,}/)[4]!;
  }
  /** Waits until a container has printed a line. */
  async function printed(id: string): Promise<void> {
    while (!(await output("logs", id)).includes("\n"));
  }

  describe("run", () => {
    test("-a shows both outputs and ends with the container", async () => {
      const { stdout, stderr, status } = await docker.docker([
        "run",
        "-a",
        "busybox",
        "sh",
        "-c",
        "echo out; echo err >&2",
      ]);
      expect([stdout.split("\n").sort().join("\n"), stderr, status]).toEqual(["\nerr\nout", "", 0]);
    });

    test("without -a prints the id, and a hint on stderr", async () => {
      const { stdout, stderr } = await docker.docker(["run", "busybox", "true"]);
      expect(stdout).toMatch(/^[0-9a-f]{8}\n$/);
      expect(stderr).toMatch(/^docker: runs in the background.*\n$/);
    });

    test("isolates the process: its name, its pid, its root, its powers", async () => {
      const script = "hostname; echo $$; ls /; grep CapBnd /proc/self/status; mknod /tmp/null c 1 3 2>&1";
      const [hostname, pid, ...rest] = await lines("run", "-a", "busybox", "sh", "-c", script);
      expect(hostname).toMatch(/^[0-9a-f]{8}$/);
      expect(pid).toBe("1");
      expect(rest.slice(0, 7)).toEqual(["bin", "dev", "etc", "proc", "root", "sys", "tmp"]);
      expect(rest[7]).toMatch(/^CapBnd:\t[0-9a-f]{16}$/);
      const dropped = 1n << 21n; // CAP_SYS_ADMIN
      expect(BigInt(`0x${rest[7]!.slice(8)}`) & dropped).toBe(0n);
      expect(rest[8]).toContain("Operation not permitted");
    });

    test("shares the host's network, as nothing else was built", async () => {
      const host = readFileSync("/proc/net/dev", "utf8").match(/\w+(?=:)/g);
      expect((await output("run", "-a", "busybox", "cat", "/proc/net/dev")).match(/\w+(?=:)/g)).toEqual(host);
    });

    test("gives real pipes, that /dev/stdout opens again", async () => {
      expect(await output("run", "-a", "busybox", "sh", "-c", "echo x > /dev/stdout")).toBe("x\n");
    });

    test("records the exit code", async () => {
      const codes = [0, 1, 7, 255].map((code) => runDetached("sh", "-c", `exit ${code}`));
      const ids = await Promise.all(codes);
      expect(await lines("wait", ...ids)).toEqual(["0", "1", "7", "255"]);
      expect(await status(ids[2]!)).toBe("Exit 7");
    });

    test("fails for an image that is not there, and leaves no container", async () => {
      const before = await lines("ps", "-a", "-q");
      expect(await output("run", "nosuch", "true")).toBe("Error: No such image: nosuch\n");
      expect(await output("run")).toBe("Error: No such image: base\n");
      expect(await lines("ps", "-a", "-q")).toEqual(before);
    });

    test("tells of a program that is not there, and records a failure", async () => {
      const answer = await output("run", "-a", "busybox", "nosuchprogram");
      expect(answer).toContain("nosuchprogram");
      const [id] = await lines("ps", "-a", "-q");
      expect(await output("wait", id!)).not.toBe("0\n");
    });
  });

  describe("a container on disk", () => {
    test("has the era's files, and is not mounted once it has ended", async () => {
      const id = await runToEnd("sh", "-c", "echo kept > /root/file");
      expect(record(id)).toMatchObject({
        Id: id,
        Root: container(id),
        Path: "sh",
        Args: ["-c", "echo kept > /root/file"],
        Config: { Hostname: id, Ram: 0, Tty: false, OpenStdin: false },
        Filesystem: {
          RootFS: container(id, "rootfs"),
          RWPath: container(id, "rw"),
          Layers: [expect.stringContaining("/layers/")],
        },
        State: { Running: false, Pid: 0, ExitCode: 0 },
      });
      expect(JSON.parse(readFileSync(container(id, "userdata.json"), "utf8"))).toEqual({ image, comment: "" });
      expect(readFileSync(container(id, "config.lxc"), "utf8")).toContain(`lxc.utsname = ${id}\n`);
      expect(existsSync(container(id, "rootfs"))).toBe(false);
      expect(readFileSync(container(id, "rw/root/file"), "utf8")).toBe("kept\n");
    });

    test("is mounted while it runs, by the pid of lxc-start", async () => {
      const id = await runDetached("sleep", "1000");
      const { Running, Pid } = record(id).State;
      expect(Running).toBe(true);
      expect(readFileSync(`/proc/${Pid}/cmdline`, "utf8")).toContain(id);
      expect(isMountPoint(container(id, "rootfs"))).toBe(true);
      await output("kill", id);
      expect(isMountPoint(container(id, "rootfs"))).toBe(false);
    });
  });

  describe("stop, kill, start, restart", () => {
    test("stop lets the container end by itself", async () => {
      const id = await runDetached("sh", "-c", 'trap "exit 3" TERM; echo ready; while :; do usleep 10000; done');
      await printed(id);
      expect(await output("stop", id)).toBe(`${id}\n`);
      expect(await status(id)).toBe("Exit 3");
      expect(await output("stop", id)).toBe(`${id}\n`);
    });

    test("stop kills one that does not, after ten seconds", async () => {
      const id = await runDetached("sh", "-c", "echo ready; exec sleep 1000");
      await printed(id);
      const start = performance.now();
      await output("stop", id);
      expect(performance.now() - start).toBeGreaterThan(9_900);
      expect(await status(id)).toBe("Exit -1");
    }, 30_000);

    test("kill ends it at once, and whoever is attached", async () => {
      const client = docker.startClient(["run", "-a", "busybox", "sh", "-c", "echo up; sleep 1000"]);
      await new Promise((resolve) => client.stdout!.once("data", resolve));
      const ended = new Promise((resolve) => client.once("exit", resolve));
      const [id] = await lines("ps", "-q");
      const { Pid } = record(id!).State;
      await output("kill", id!);
      expect(await ended).toBe(0);
      expect(processExists(Pid)).toBe(false);
    });

    test("start runs it again on the same files; the log goes on", async () => {
      const id = await runToEnd("sh", "-c", "echo x >> /root/count; cat /root/count");
      expect(await output("start", id)).toBe(`${id}\n`);
      await output("wait", id);
      expect(await output("logs", id)).toBe("x\nx\nx\n");
    });

    test("rm wins over a restart that waits for the same end", async () => {
      const id = await runDetached("sh", "-c", "echo ready; exec sleep 1000"); // PID 1 without a handler: TERM does nothing
      await printed(id); // earlier, lxc-start itself may not be ready for a signal
      const heard = async (line: string) => {
        while (!docker.log.includes(line)) await output("ps");
      };
      const restart = output("restart", id);
      await heard(`docker restart ${id}`);
      const rm = output("rm", id);
      await heard(`docker rm ${id}`);
      await output("kill", id);
      expect(await restart).toBe(`Error: The container ${id} is being removed\n`);
      expect(await rm).toBe("");
      expect(existsSync(container(id))).toBe(false);
    });

    test("start refuses one that runs; restart does not", async () => {
      const id = await runDetached("sh", "-c", 'trap "exit 0" TERM; echo ready; while :; do usleep 10000; done');
      await printed(id);
      expect(await output("start", id)).toBe(`Error: The container ${id} is already running\n`);
      const before = record(id).State.Pid;
      expect(await output("restart", id)).toBe(`${id}\n`);
      expect(record(id).State.Pid).not.toBe(before);
      await output("kill", id);
    });
  });

  describe("attach and logs", () => {
    test("attach shows what is printed from then on, and feeds stdin", async () => {
      const [id] = await lines("run", "-i", "busybox", "cat");
      const client = docker.startClient(["attach", "-i", id!]);
      client.stdin!.write("hello\n");
      const first = await new Promise((resolve) => client.stdout!.once("data", (bytes) => resolve(String(bytes))));
      expect(first).toBe("hello\n");
      const ended = new Promise((resolve) => client.once("exit", resolve));
      await output("kill", id!);
      expect(await ended).toBe(0);
    });

    test("attach to a container that has ended returns at once and says why", async () => {
      const id = await runToEnd("true");
      expect(await output("attach", id)).toContain(`Error: The container ${id} is not running`);
    });

    test("logs shows stdout, then stderr", async () => {
      const id = await runToEnd("sh", "-c", "echo err1 >&2; echo out1; echo err2 >&2; echo out2");
      expect(await output("logs", id)).toBe("out1\nout2\nerr1\nerr2\n");
    });
  });

  describe("diff, commit, tar, reset", () => {
    const CHANGE = "echo new > /root/new; rm /bin/vi; rm -r /tmp; mkdir /tmp; echo x > /tmp/x; echo z >> /etc/z";

    test("diff lists what was added, changed and deleted, under its full name", async () => {
      const id = await runToEnd("sh", "-c", `${CHANGE}; echo > /hello`);
      expect(await lines("diff", id)).toEqual(
        expect.arrayContaining(["A /root/new", "D /bin/vi", "A /tmp/x", "A /hello"]),
      );
      expect(await output("commit", id, "hello")).toMatch(/^hello:[0-9a-f]{16}\n$/);
      const [gone] = await lines("run", "hello", "sh", "-c", "rm /hello");
      await output("wait", gone!);
      expect(await lines("diff", gone!)).toContain("D /hello");
    });

    test("a commit keeps deletions, and stacks on its parent", async () => {
      const id = await runToEnd("sh", "-c", CHANGE);
      const [committed] = await lines("commit", id, "changed");
      const { Layers, Parent } = JSON.parse(await output("inspect", committed!));
      expect([Layers.length, Parent]).toEqual([2, image]);
      const script = "cat /root/new; ls /tmp; ls /bin/vi 2>&1; ls /bin/busybox";
      expect(await lines("run", "-a", "changed", "sh", "-c", script)).toEqual([
        "new",
        "x",
        "ls: /bin/vi: No such file or directory",
        "/bin/busybox",
      ]);
    });

    test("tar is what the container sees", async () => {
      const id = await runToEnd("sh", "-c", CHANGE);
      const { stdout } = await docker.docker(["tar", id]);
      const names = execFileSync("tar", ["-t"], { input: Buffer.from(stdout, "latin1"), encoding: "utf8" }).split("\n");
      const found = names.map((name) => name.replace(/^\.\//, "")).filter((name) => /(vi|new|busybox)$/.test(name));
      expect(found.sort()).toEqual(["bin/busybox", "root/new"]);
    });

    test("reset undoes it all", async () => {
      const id = await runToEnd("sh", "-c", CHANGE);
      expect(await output("reset", id)).toBe("");
      expect(await output("diff", id)).toBe("");
    });

    test("130 layers can be stacked", { timeout: 180_000 }, async () => {
      const indexPath = join(docker.root, "images/index.json");
      const Layers: string[] = JSON.parse(await output("inspect", image)).Layers;
      for (let i = 0; i < 130; i++) {
        const input = execFileSync("tar", ["-C", "/", "--transform", `s,.*,layer-${i},`, "-c", "etc/hostname"]);
        const { stdout } = await docker.docker(["put", `layer-${i}`], { input });
        Layers.unshift(join(docker.root, "images/layers", stdout.trim().split(":")[1]!));
      }
      const index = JSON.parse(readFileSync(indexPath, "utf8"));
      index.ById.deep = { Id: "deep:0", Layers, Created: new Date().toISOString(), Parent: "" };
      writeFileSync(indexPath, JSON.stringify(index));
      expect(await output("run", "-a", "deep", "sh", "-c", "ls / | grep -c layer-")).toBe("130\n");
    });
  });

  describe("cat, write, ls, mount", () => {
    test("reach the container's files, whatever the path says", async () => {
      const id = await runToEnd(
        "sh",
        "-c",
        "echo inside > /root/file; ln -s /etc/passwd /root/link; mkfifo /root/fifo",
      );
      expect(await output("cat", id, "/root/file")).toBe("inside\n");
      expect(await output("cat", id, "../../../../root/file")).toBe("inside\n");
      expect(await output("cat", id, "/root")).toBe("Error: Cannot open /root: it is a directory\n");
      expect(await output("cat", id, "/root/link")).toBe("Error: Cannot open /root/link: ENOENT\n");
      expect(await output("cat", id, "/root/fifo")).toMatch(/^Error: Cannot open/);
      expect(await output("ls", id, "/root")).toBe("fifo\nfile\nlink\n");
      await docker.docker(["write", id, "/root/file"], { input: "new" });
      expect(await output("cat", id, "/root/file")).toBe("new");
      expect(await output("umount", id)).toBe(`${id}\n`);
      expect(await output("mount", id)).toBe(`${id}\n`);
      expect(readFileSync(container(id, "rootfs/root/file"), "utf8")).toBe("new");
    });
  });

  describe("a daemon that was killed", () => {
    test("finds containers that outlived it as ghosts, which can be stopped and removed", async () => {
      const [outliving, dying] = [await runDetached("sleep", "1000"), await runDetached("sleep", "1000")];
      const ended = await runToEnd("sh", "-c", "exit 4");
      await docker.endDaemon("SIGKILL");
      process.kill(record(dying).State.Pid, "SIGKILL");
      await docker.startDaemon();
      expect([await status(outliving), await status(dying), await status(ended)]).toEqual([
        "Ghost",
        "Exit -1",
        "Exit 4",
      ]);
      expect(isMountPoint(container(dying, "rootfs"))).toBe(false);
      expect(await output("attach", outliving)).toContain("is a ghost");
      const { Pid } = record(outliving).State;
      expect(await output("kill", outliving)).toBe(`${outliving}\n`);
      expect(processExists(Pid)).toBe(false);
      expect(await status(outliving)).toBe("Exit -1");
      expect(await output("start", outliving)).toBe(`${outliving}\n`);
      await output("kill", outliving);
      await output("rm", outliving, dying, ended);
      expect(existsSync(container(outliving))).toBe(false);
    });

    test("has all images, and none that was being put", async () => {
      const before = await output("images", "-q");
      const client = docker.startClient(["put", "half"]);
      client.stdin!.on("error", () => {});
      client.stdin!.write(busyboxTar().subarray(0, 1_000_000));
      while (!(await output("layers")).includes("/tmp-"));
      await docker.endDaemon("SIGKILL");
      await docker.startDaemon();
      expect(await output("images", "-q")).toBe(before);
      expect(await output("layers")).not.toContain("/tmp-");
    });
  });

  describe("rm", () => {
    test("stops and removes; says which it does not know", async () => {
      const id = await runDetached("sh", "-c", 'trap "exit 0" TERM; echo ready; while :; do usleep 10000; done');
      await printed(id);
      expect(await output("rm", id)).toBe("");
      expect(existsSync(container(id))).toBe(false);
      expect(await output("rm", id)).toBe(`Error: No such container: ${id}\n`);
      expect(await output("rm")).toBe("");
    });
  });
});

describe("images of docker", () => {
  let docker: Docker2013;
  let web: Server;
  let url: string;
  const tar = busyboxTar();
  beforeAll(async () => {
    docker = await Docker2013.start();
    web = createServer((request, response) => {
      if (request.url === "/busybox") response.end(tar);
      else if (request.url === "/busybox.gz") response.end(gzipSync(tar));
      else if (request.url === "/broken") {
        response.writeHead(200, { "content-length": tar.length });
        response.write(tar.subarray(0, 100_000), () => response.destroy());
      } else response.writeHead(404).end("no such page");
    });
    await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    web.close();
    await docker.stop();
  });
  const output = async (args: string[], input?: Buffer) => (await docker.docker(args, input && { input })).stdout;

  test("pull makes one of a URL, and calls it so", async () => {
    const id = (await output(["pull", `${url}/busybox`])).trim();
    expect(id.startsWith(`${url}/busybox:`)).toBe(true);
    expect(await output(["run", "-a", `${url}/busybox`, "echo", "pulled"])).toBe("pulled\n");
    expect(await output(["run", "-a", id, "echo", "by id"])).toBe("by id\n");
    expect((await output(["pull", `${url}/busybox.gz`])).trim()).toMatch(/busybox\.gz:[0-9a-f]{16}$/);
  });

  test("pull makes none of an error page, or of no URL", async () => {
    expect(await output(["pull", `${url}/nosuch`])).toBe(
      `Error: Cannot pull ${url}/nosuch: the server answers 404 Not Found\n`,
    );
    expect(await output(["pull", "busybox"])).toMatch(/^Error: Cannot pull "busybox": it is not a complete/);
    expect(await output(["pull"])).toBe("Error: Not enough arguments\n");
    expect(await output(["images", "busybox"])).toBe(
      "NAME                ID                  CREATED             PARENT\n",
    );
  });

  test("pull makes none of a download that breaks off", async () => {
    const answer = await output(["pull", `${url}/broken`]);
    expect(answer).toMatch(
      /^Error: .*Cannot pull http:.*\/broken: the connection broke off after 0\.\d of \d\.\d MB\n$/,
    );
    expect(await output(["images", "-q"])).not.toContain("/broken");
  });

  test("the root of a container has the mode and owner of the image's", async () => {
    const root = mkdtempSync(join(tmpdir(), "docker-eras-root-"));
    execFileSync("tar", ["-C", root, "-x"], { input: tar });
    chmodSync(root, 0o1777);
    chownSync(root, 1000, 1001);
    await output(["put", "owned"], execFileSync("tar", ["-C", root, "-c", "."], { maxBuffer: 1 << 28 }));
    rmSync(root, { recursive: true });
    expect(await output(["run", "-a", "owned", "stat", "-c", "%a %u %g", "/"])).toBe("1777 1000 1001\n");
    await output(["put", "plain"], execFileSync("tar", ["-C", "/", "-c", "bin/busybox"], { maxBuffer: 1 << 28 }));
    expect(await output(["run", "-a", "plain", "/bin/busybox", "stat", "-c", "%a %u %g", "/"])).toBe("755 0 0\n");
  });

  test("the same bytes under two names share a layer", async () => {
    await output(["put", "one"], tar);
    await output(["put", "two"], tar);
    const layers = async (name: string) => JSON.parse(await output(["inspect", name])).Layers;
    expect(await layers("one")).toEqual(await layers("two"));
  });

  test("put refuses what is no tar, and leaves nothing", async () => {
    const before = await output(["layers"]);
    expect(await output(["put", "bad"], Buffer.from("no tar at all"))).toMatch(/^Error: /);
    expect(await output(["put", "bad"], tar.subarray(0, 100_000))).toMatch(/^Error: .*truncated/);
    expect(await output(["put", "bad"], Buffer.alloc(0))).toMatch(/^Error: .*empty/);
    expect(await output(["put", ""], tar)).toBe("Error: Illegal image name\n");
    expect(await output(["images", "-q", "bad"])).toBe("");
    expect(await output(["layers"])).toBe(before);
  });

  test("cp names, rmi forgets, images lists", async () => {
    await output(["put", "original"], tar);
    expect(await output(["cp", "original", "copy"])).toMatch(/^copy:[0-9a-f]{16}\n$/);
    expect(await output(["rmi", "original"])).toBe("");
    const table = (await output(["images", "copy"])).split("\n");
    expect(table[1]).toMatch(/^copy {16}copy:[0-9a-f]{16} {3,}Less than a second ago {3,}original:[0-9a-f]{16}$/);
    expect(await output(["run", "-a", "copy", "echo", "still there"])).toBe("still there\n");
    expect(await output(["cp", "copy"])).toBe("Error: Illegal image name\n");
    expect(await output(["rmi", "original"])).toBe("Error: No such image: original\n");
  });

  test("help never does what it explains", async () => {
    const before = await output(["images", "-q"]);
    for (const command of ["pull", "put", "mirror", "debug", "images", "run"]) {
      expect(await output(["help", command])).toMatch(new RegExp(`^\nUsage: docker ${command}`));
    }
    expect(await output(["images", "-q"])).toBe(before);
    expect(await output([])).toMatch(/^Usage: docker COMMAND/);
  });
});

describe("a client without a daemon", () => {
  const { master, slave } = openpty();
  let docker: Docker2013;
  let rawTerminal: Termios;
  beforeAll(async () => {
    docker = await Docker2013.start([], tmpdir(), slave);
    rawTerminal = makeRaw(getTermios(slave));
    setTermios(slave, rawTerminal);
    await docker.endDaemon("SIGTERM");
  });
  afterAll(async () => {
    await docker.stop();
    closeSync(slave);
    closeSync(master);
  });

  test("says where it looked and what to do, and exits with 1", async () => {
    const { stdout, stderr, status } = await docker.docker(["ps"]);
    expect([stdout, status]).toEqual(["", 1]);
    expect(stderr).toContain(`Cannot connect to the daemon at ${docker.tcp}`);
    expect(stderr).toContain("pnpm era up 2013");
  });

  test("has its terminal as it was: the daemon's end changes none of the settings", () => {
    expect(getTermios(slave)).toEqual(rawTerminal);
  });
});

test("files have the usual modes, whatever umask dockerd was started with", async () => {
  const umask = process.umask(0o077);
  const docker = await Docker2013.start().finally(() => process.umask(umask));
  try {
    await docker.putBusybox();
    const { stdout } = await docker.docker(["run", "-a", "busybox", "sh", "-c", "umask; stat -c %a /"]);
    expect(stdout).toBe("0022\n755\n");
  } finally {
    await docker.stop();
  }
});
