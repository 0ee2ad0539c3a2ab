/**
 * A genuine dockerd whose containerd finds our shim where it looks for its own: dockerd 20.10 knows no other. Its containers are started,
 * watched and heard by our shim, whichever runtime they have.
 */
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newPlace, type Place, removePlace } from "../harness/remains.ts";
import { shellEnvironment } from "../harness/run-program.ts";
import { missing } from "../harness/runtime-under-test.ts";
import { Terminal } from "../harness/terminal.ts";
import { DockerSession } from "./docker-session.ts";
import { OUR_SHIM } from "./shim-session.ts";

const RUNTIMES = [["runc"], ["tested"]] as const;
const SUBORDINATE_IDS = "daemon:100000:65536\n";

/** Puts our shim before containerd's own in the PATH of what this process starts. */
function shadowGenuineShim(place: Place): void {
  const links = join(place.dir, "bin");
  mkdirSync(links);
  symlinkSync(OUR_SHIM, join(links, "containerd-shim-runc-v2"));
  process.env.PATH = [links, process.env.PATH].join(delimiter);
}

/** The programs of all processes whose arguments name a directory of the session. */
function programsOf(session: DockerSession, argument: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && commandLine(name).includes(session.place.dir))
    .filter((pid) => commandLine(pid).includes(argument))
    .map((pid) => readlinkSync(`/proc/${pid}/exe`));
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return ""; // it has ended meanwhile
  }
}

describe("our shim, under a genuine dockerd,", () => {
  const reason = missing("/usr/sbin/dockerd", "/usr/bin/docker");
  if (reason) return void test.skip(reason);

  let shadow: Place;
  beforeAll(() => {
    shadow = newPlace();
    shadowGenuineShim(shadow);
  });
  afterAll(() => removePlace(shadow));

  describe("of root's containers,", () => {
    let session: DockerSession;
    beforeAll(async () => {
      session = await DockerSession.start();
    });
    afterAll(() => session.stop());
    const docker = (...args: string[]) => session.docker.run(args);

    describe.each(RUNTIMES)("with %s,", (runtime) => {
      test("gives a container its streams, and the client its exit status", async () => {
        const script = "cat; echo err >&2; exit 7";
        const run = ["run", "--rm", "-i", "--runtime", runtime, "busybox", "sh", "-c", script];
        expect(await session.docker.run(run, "typed\n")).toEqual({ stdout: "typed\n", stderr: "err\n", status: 7 });
      });

      test("lets another user than root reopen the streams", async () => {
        const run = ["run", "--rm", "--user", "1000", "--runtime", runtime, "busybox"];
        const script = "echo out >/dev/stdout; echo err >/proc/self/fd/2";
        expect(await docker(...run, "sh", "-c", script)).toEqual({ stdout: "out\n", stderr: "err\n", status: 0 });
      });

      test("keeps the log, runs execs, stops, and starts again", async () => {
        const run = ["run", "-d", "--name", runtime, "--runtime", runtime, "busybox"];
        await docker(...run, "sh", "-c", "echo up; trap 'exit 3' TERM; while :; do usleep 10000; done");
        expect(programsOf(session, "-namespace moby").every((program) => program.endsWith("node"))).toBe(true);
        expect(await docker("exec", runtime, "sh", "-c", "echo in; exit 5")).toMatchObject({
          stdout: "in\n",
          status: 5,
        });
        const exec = await session.docker.run(["exec", "-i", runtime, "cat"], "typed");
        expect(exec).toEqual({ stdout: "typed", stderr: "", status: 0 });
        await docker("stop", runtime);
        expect((await docker("wait", runtime)).stdout).toBe("3\n");
        await docker("start", runtime);
        await docker("kill", runtime);
        expect((await docker("wait", runtime)).stdout).toBe("137\n");
        expect((await docker("logs", runtime)).stdout).toBe("up\nup\n");
      });

      test("has a terminal", async () => {
        const terminal = new Terminal({ rows: 33, columns: 101 });
        const run = ["run", "--rm", "-it", "--runtime", runtime, "busybox", "sh"];
        const ended = once(terminal.run("docker", run, { ...shellEnvironment(), ...session.docker.env }), "exit");
        await terminal.waitFor("/ # ");
        terminal.type("until stty size 2>/dev/null | grep .; do usleep 10000; done; exit 4\r"); // docker tells it after the start
        await terminal.waitFor(/\n33 101\r+\n/);
        expect(await ended).toEqual([4, null]);
        terminal.close();
      });
    });
  });

  describe("of containers whose root is not root,", () => {
    let session: DockerSession;
    beforeAll(async () => {
      session = await DockerSession.start({ subordinateIds: SUBORDINATE_IDS });
    });
    afterAll(() => session.stop());

    test.each(RUNTIMES)("with %s, gives them streams that are theirs", async (runtime) => {
      const script = "echo out >/dev/stdout; echo err >/proc/self/fd/2; cat /dev/stdin; id -u";
      const run = ["run", "--rm", "-i", "--runtime", runtime, "busybox", "sh", "-c", script];
      const result = await session.docker.run(run, "typed\n");
      expect(result).toEqual({ stdout: "out\ntyped\n0\n", stderr: "err\n", status: 0 });
    });
  });
});
