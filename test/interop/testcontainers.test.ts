/**
 * testcontainers, by which suites start what they need in containers, at our dockerd.
 *
 * Ryuk, its container that clears up behind a suite that was killed, has an image of its own: it is switched off, as its documentation says.
 * Networks of one's own are left out: there are none yet.
 *
 * @see https://node.testcontainers.org/configuration/
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { GenericContainer, type StartedTestContainer, Wait } from "testcontainers";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { busyboxImage } from "../harness/busybox-image.ts";
import { Dockerd2019 } from "../harness/dockerd-2019.ts";
import { missing } from "../harness/runtime-under-test.ts";

const PAGE = "echo page > /index.html; httpd -f -p 80 -h /";
const SLEEP = ["sleep", "1000"];
const WAIT = { timeout: 30_000 };

describe.skipIf(missing("/usr/bin/docker"))("testcontainers, at our dockerd,", () => {
  let dockerd: Dockerd2019;
  beforeAll(async () => {
    dockerd = await Dockerd2019.start();
    await dockerd.docker(["load"], busyboxImage("busybox:latest"));
    const env = { ...dockerd.env, TESTCONTAINERS_RYUK_DISABLED: "true" };
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await dockerd.stop();
  });

  const busybox = () => new GenericContainer("busybox:latest");
  const shell = (script: string) => busybox().withCommand(["sh", "-c", script]);
  const all = async () => (await dockerd.docker(["ps", "-aq"])).stdout;

  /** Works with a container, and stops it; then nothing of it is left. */
  async function using(
    starting: Promise<StartedTestContainer>,
    work: (container: StartedTestContainer) => Promise<void>,
  ) {
    const container = await starting;
    try {
      await work(container);
    } finally {
      await container.stop({ timeout: 0 });
    }
    expect(await all()).toBe("");
  }

  async function pageOf(container: StartedTestContainer): Promise<string> {
    return (await fetch(`http://${container.getHost()}:${container.getMappedPort(80)}/`)).text();
  }

  describe("waits until a container is ready:", () => {
    test.each([
      ["until its ports listen", Wait.forListeningPorts()],
      ["until it answers over HTTP", Wait.forHttp("/index.html", 80).forResponsePredicate((page) => page === "page\n")],
      ["until a command succeeds", Wait.forSuccessfulCommand("test -f /index.html")],
      ["for all of these", Wait.forAll([Wait.forListeningPorts(), Wait.forHttp("/", 80)])],
    ])("%s", async (_, strategy) => {
      await using(shell(PAGE).withExposedPorts(80).withWaitStrategy(strategy).start(), async (container) => {
        await expect.poll(() => pageOf(container).catch(String), WAIT).toBe("page\n");
      });
    });

    test("until it logs a line", async () => {
      const script = "echo starting; usleep 200000; echo it is ready; sleep 1000";
      await using(
        shell(script)
          .withWaitStrategy(Wait.forLogMessage(/is ready/))
          .start(),
        async (container) => {
          expect((await container.exec(["echo", "here"])).output).toBe("here\n");
        },
      );
    });

    test("until it is healthy", async () => {
      const check = {
        test: ["CMD", "test", "-f", "/well"] as ["CMD", ...string[]],
        interval: 100,
        timeout: 5000,
        retries: 100,
      };
      const starting = shell("usleep 200000; touch /well; sleep 1000").withHealthCheck(check);
      await using(starting.withWaitStrategy(Wait.forHealthCheck()).start(), async (container) => {
        expect((await container.exec(["ls", "/well"])).exitCode).toBe(0);
      });
    });

    test("until it has done all that it does", async () => {
      await using(shell("echo done").withWaitStrategy(Wait.forOneShotStartup()).start(), async (container) => {
        expect(await text(await container.logs())).toContain("done");
      });
    });

    test("and no longer than it may: then it is gone", async () => {
      const starting = shell("echo hello; sleep 1000")
        .withWaitStrategy(Wait.forLogMessage("never"))
        .withStartupTimeout(500);
      await expect(starting.start()).rejects.toThrow(/never/);
      expect(await all()).toBe("");
    });
  });

  test("gives environment, user, labels, a working directory, a name, a file system in memory, a host name", async () => {
    const starting = busybox()
      .withCommand(SLEEP)
      .withEnvironment({ A: "b" })
      .withUser("1:2")
      .withLabels({ tier: "test" })
      .withWorkingDir("/tmp")
      .withName("named")
      .withTmpFs({ "/memory": "rw,size=1m,mode=1777" })
      .withHostname("host");
    await using(starting.start(), async (container) => {
      const { output } = await container.exec([
        "sh",
        "-c",
        "echo $A; id -u; pwd; hostname; grep -c ' /memory ' /proc/mounts",
      ]);
      expect(output).toBe("b\n1\n/tmp\nhost\n1\n");
      expect(container.getName()).toBe("/named");
      expect(container.getLabels()).toMatchObject({ tier: "test" });
    });
  });

  test("copies files, directories and contents into a container, and out again", async () => {
    const file = join(dockerd.place.dir, "file");
    writeFileSync(file, "of a file\n");
    const starting = busybox()
      .withCommand(SLEEP)
      .withCopyFilesToContainer([{ source: file, target: "/copied/file" }])
      .withCopyContentToContainer([{ content: "of a string\n", target: "/copied/string", mode: 0o600 }]);
    await using(starting.start(), async (container) => {
      await container.copyContentToContainer([{ content: "later\n", target: "/copied/later" }]);
      const { output } = await container.exec(["sh", "-c", "cd /copied; cat file string later; stat -c %a string"]);
      expect(output).toBe("of a file\nof a string\nlater\n600\n");
      expect(await text(await container.copyArchiveFromContainer("/copied/file"))).toContain("of a file\n");
    });
  });

  test("binds a directory of the host", async () => {
    const mount = { source: dockerd.place.dir, target: "/host", mode: "rw" as const };
    await using(busybox().withCommand(SLEEP).withBindMounts([mount]).start(), async (container) => {
      await container.exec(["sh", "-c", "echo written > /host/by-container"]);
      expect(readFileSync(join(dockerd.place.dir, "by-container"), "utf8")).toBe("written\n");
    });
  });

  test("execs: both outputs apart, exit code, user, environment, working directory", async () => {
    await using(busybox().withCommand(SLEEP).start(), async (container) => {
      const command = ["sh", "-c", "echo $A; pwd; id -u; echo err >&2; exit 3"];
      expect(await container.exec(command, { env: { A: "b" }, workingDir: "/tmp", user: "5" })).toEqual({
        output: "b\n/tmp\n5\nerr\n",
        stdout: "b\n/tmp\n5\n",
        stderr: "err\n",
        exitCode: 3,
      });
    });
  });

  test("hears logs as they come", async () => {
    const lines: string[] = [];
    const starting = shell("for i in 1 2 3; do echo line $i; done; sleep 1000").withLogConsumer((stream) =>
      stream.on("data", (line: string | Buffer) => lines.push(String(line))),
    );
    await using(starting.start(), async () => {
      await expect.poll(() => lines.join(""), WAIT).toContain("line 3");
    });
  });

  test("restarts a container, whose port may be another then", async () => {
    const starting = shell(`echo again >> /starts; ${PAGE}`)
      .withExposedPorts(80)
      .withWaitStrategy(Wait.forHttp("/", 80));
    await using(starting.start(), async (container) => {
      await container.restart({ timeout: 0 });
      expect(await pageOf(container)).toBe("page\n");
      expect((await container.exec(["cat", "/starts"])).output).toBe("again\nagain\n");
    });
  });

  test("makes an image of a container, and starts that", async () => {
    await using(busybox().withCommand(SLEEP).start(), async (container) => {
      await container.exec(["sh", "-c", "echo kept > /kept"]);
      await container.commit({ repo: "made", tag: "1" });
    });
    await using(new GenericContainer("made:1").withCommand(SLEEP).start(), async (container) => {
      expect((await container.exec(["cat", "/kept"])).output).toBe("kept\n");
    });
  });
});
