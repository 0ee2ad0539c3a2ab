/** Our ctr at a genuine containerd: specs, events, and what is said of mistakes. */
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { BUSYBOX, CTR, CtrSession, missingForCtr, SUCCESS, until } from "../harness/ctr-session.ts";
import { type ProgramResult, runProgram, shellEnvironment } from "../harness/run-program.ts";
import { Terminal } from "../harness/terminal.ts";

describe("ctr", () => {
  const reason = missingForCtr();
  if (reason) return void test.skip(reason);

  let session: CtrSession;
  beforeAll(async () => {
    session = await CtrSession.start();
  });
  afterAll(() => session.stop());
  afterEach(() => session.removeContainers());

  describe("a container's spec is the genuine ctr's with the same flags:", () => {
    const cases: string[][] = [
      [],
      ["--tty"],
      ["--privileged"],
      ["--net-host", "--read-only", "--allow-new-privs", "--rootfs-propagation", "rshared"],
      ["--memory-limit", "1000000", "--cpu-quota", "5000", "--cpu-period", "60000"],
      ["--device", "/dev/full", "--with-ns", "uts:/proc/1/ns/uts", "--cwd", "/tmp"],
      ["--cap-add", "CAP_SYS_ADMIN", "--cap-drop", "CAP_KILL", "--apparmor-profile", "foo"],
      ["--env", "A=b", "--env", "PATH=/x", "--label", "c=d", "--annotation", "e=f"],
      ["--mount", "type=bind,src=/tmp,dst=/host,options=rbind:ro", "--mount", "type=tmpfs,dst=/t"],
    ];
    for (const flags of cases) {
      test(flags.join(" ") || "(none)", async () => {
        const specOf = async (create: (...args: string[]) => Promise<ProgramResult>) => {
          expect(await create("containers", "create", ...flags, BUSYBOX, "spec", "true")).toEqual(SUCCESS);
          const shown = JSON.parse((await session.ours("containers", "info", "spec")).stdout);
          expect(shown).toEqual(JSON.parse((await session.genuine("containers", "info", "spec")).stdout));
          await session.ours("containers", "rm", "spec");
          const { Spec, Labels, Image, Runtime } = shown;
          return { Spec, Labels, Image, Runtime };
        };
        const [a, b] = [await specOf(session.ours), await specOf(session.genuine)];
        expect(withoutShares(a)).toEqual(b);
      });
    }

    /** `containers create` of the genuine ctr has no --cpu-shares; its `run` says 1024, as ours does in both. */
    function withoutShares(made: { Spec: { linux: { resources: { cpu?: { shares?: number } } } } }): unknown {
      const { cpu } = made.Spec.linux.resources;
      expect(cpu?.shares).toBe(1024);
      delete cpu!.shares;
      if (Object.keys(cpu!).length === 0) delete made.Spec.linux.resources.cpu;
      return made;
    }
  });

  test("events are told as the genuine ctr tells them", async () => {
    const lines = async (program: string) => {
      const terminal = new Terminal({ rows: 24, columns: 4000 });
      const watching = terminal.run(program, [...session.containerd.address, "events"], shellEnvironment());
      const topic = "/images/update";
      await until(async () => {
        await session.genuine("images", "label", BUSYBOX, "seen=1"); // until the subscription is there, nobody hears
        return terminal.shown.includes(topic);
      });
      watching.kill("SIGKILL");
      await once(watching, "exit");
      terminal.close();
      return /UTC (default \/images\/update .*?)\r/.exec(terminal.shown)?.[1];
    };
    expect(await lines(CTR)).toEqual(await lines("/usr/bin/ctr"));
  });

  describe("what can't be done is told as the genuine ctr tells it:", () => {
    const cases = [
      ["run", "nosuch:1", "c"],
      ["run", BUSYBOX],
      ["run", "--rm", "-d", BUSYBOX, "c"],
      ["tasks", "start", "nosuch"],
      ["tasks", "ps", "nosuch"],
      ["tasks", "exec", "--exec-id", "e", "nosuch", "true"],
      ["containers", "info", "nosuch"],
      ["containers", "rm", "nosuch"],
      ["containers", "label", "nosuch", "a=b"],
      ["images", "pull"],
      ["-n", "a b", "images", "ls"],
      ["nosuch"],
      ["shim", "state"],
      ["install", "nosuch"],
    ];
    for (const args of cases) test(args.join(" "), () => session.same(...args));

    test("a socket that is not there", async () => {
      const { stderr, status } = await runProgram(CTR, ["-a", "/nosuch.sock", "images", "ls"]);
      expect({ stderr, status }).toMatchObject({
        stderr: expect.stringContaining('failed to dial "/nosuch.sock"'),
        status: 1,
      });
    });
    test("a socket at which nobody answers in time", async () => {
      const path = join(session.place.dir, "silent.sock");
      const silent = createServer().listen(path);
      onTestFinished(() => void silent.close());
      const { stderr, status } = await runProgram(CTR, ["-a", path, "--connect-timeout", "200ms", "images", "ls"]);
      expect({ stderr, status }).toMatchObject({
        stderr: expect.stringMatching(/^ctr: failed to dial .*: context deadline exceeded/),
        status: 1,
      });
    });
    test("a flag that is not known", async () => {
      const { stderr, status } = await session.ours("run", "--foo");
      expect({ stderr, status }).toMatchObject({ stderr: expect.stringContaining("not defined: -foo"), status: 1 });
    });
    test("a number that is none", async () => {
      const { stderr, status } = await session.ours("run", "--memory-limit", "much", BUSYBOX, "c", "true");
      expect({ stderr, status }).toMatchObject({ stderr: expect.stringContaining("'much' is invalid"), status: 1 });
    });
  });

  test("the spec that everything begins with is the genuine ctr's", async () => {
    expect((await session.same("oci", "spec")).stdout).toContain('"cgroupsPath": "/default"');
  });

  test("GPUs are refused before anything is made", async () => {
    const { stderr, status } = await session.ours("run", "--rm", "--gpus", "0", BUSYBOX, "gpus", "true");
    expect({ stderr, status }).toMatchObject({ stderr: expect.stringMatching(/^ctr: Cannot add GPUs: /), status: 1 });
  });

  test("help names every command", async () => {
    const { stdout } = await session.ours("--help");
    for (const name of ["run", "images", "tasks", "containers", "snapshots", "leases", "events"])
      expect(stdout).toContain(name);
    expect((await session.ours("images", "pull", "--help")).stdout).toContain("--plain-http");
    expect(await session.ours("images")).toMatchObject({ stdout: expect.stringContaining("unmount"), status: 0 });
  });
});
