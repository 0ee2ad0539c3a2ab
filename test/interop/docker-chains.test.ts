/**
 * Every chain of ours and genuine programs does a user's everyday things with the same results:
 *
 *     docker ──HTTP──▶ dockerd ──gRPC──▶ containerd ──ttrpc──▶ shim ──exec──▶ runc        each of the five ours or genuine: 32 chains
 *
 * Daemons are started once for the four chains that share them. The README has a table of what each chain does: a difference to it fails
 * the test, and `ERAS_README=write pnpm test docker-chains` writes it anew.
 */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DOCKER_20, missingClient, runDocker } from "../genuine/docker-clients.ts";
import { type ProgramOptions, type ProgramResult, shellEnvironment } from "../harness/run-program.ts";
import { missing } from "../harness/runtime-under-test.ts";
import { Terminal } from "../harness/terminal.ts";
import { BIN, MAKERS, type Maker } from "./chain-programs.ts";
import { chainsTable, type Ends, writeTable, writtenTable } from "./chains-table.ts";
import { DockerStack, type StackPrograms } from "./docker-stack.ts";

const DOCKER: Readonly<Record<Maker, string>> = { ours: join(BIN, "docker-2019"), genuine: DOCKER_20.path };
const STACKS: readonly StackPrograms[] = MAKERS.flatMap((dockerd) =>
  MAKERS.flatMap((containerd) => MAKERS.map((shim) => ({ dockerd, containerd, shim }))),
);
const ENDS: readonly Ends[] = MAKERS.flatMap((client) => MAKERS.map((runtime) => ({ client, runtime })));
const ENTER = "\r";

/** What a case needs of a chain. */
interface Chain {
  readonly docker: (args: readonly string[], options?: ProgramOptions) => Promise<ProgramResult>;
  /** The words of a `docker run`. */
  readonly run: (...words: string[]) => string[];
  /** Starts docker at a terminal. */
  readonly atTerminal: (terminal: Terminal, args: readonly string[]) => ChildProcess;
}

const CASES: Readonly<Record<string, (chain: Chain) => Promise<void>>> = {
  echo: async ({ docker, run }) => {
    expect(await docker(run("--rm", "busybox", "echo", "hello"))).toEqual({ stdout: "hello\n", stderr: "", status: 0 });
  },

  "exit 7": async ({ docker, run }) => {
    const result = await docker(run("--rm", "busybox", "sh", "-c", "echo out; echo err >&2; exit 7"));
    expect(result).toEqual({ stdout: "out\n", stderr: "err\n", status: 7 });
  },

  stdin: async ({ docker, run }) => {
    const input = Buffer.alloc(300_000, "0123456789\n");
    const result = await docker(run("--rm", "-i", "busybox", "wc", "-c"), { input });
    expect(result).toEqual({ stdout: "300000\n", stderr: "", status: 0 });
  },

  terminal: async ({ run, atTerminal }) => {
    const terminal = new Terminal({ rows: 33, columns: 101 });
    const ended = once(atTerminal(terminal, run("--rm", "-it", "busybox", "sh")), "exit");
    await terminal.waitFor("/ # ");
    // docker tells the size after the start
    terminal.type(`until stty size 2> /dev/null | grep '33 101'; do usleep 20000; done${ENTER}`);
    await terminal.waitFor(/\n33 101\r+\n/);
    terminal.type(`exit 4${ENTER}`); // not at once: what a terminal still holds when its session ends, the kernel may drop
    expect(await ended).toEqual([4, null]);
    terminal.close();
  },

  exec: async ({ docker, run }) => {
    await docker(run("-d", "--name", "host", "busybox", "sleep", "1000"));
    const exec = ["exec", "-i", "host", "sh", "-c", "read line; echo inside $line; exit 3"];
    const result = await docker(exec, { input: "hello\n" });
    const removed = await docker(["rm", "-f", "host"]); // whatever came: the next has the same name
    expect(result).toEqual({ stdout: "inside hello\n", stderr: "", status: 3 });
    expect(removed).toEqual({ stdout: "host\n", stderr: "", status: 0 });
  },

  stop: async ({ docker, run }) => {
    const script = "trap 'echo bye; exit 6' TERM; echo ready; while :; do usleep 10000; done";
    const stopped = Promise.withResolvers<ProgramResult>();
    const onStdout = (stdout: string) => {
      if (stdout === "ready\n") stopped.resolve(docker(["stop", "stopped"]));
    };
    const ended = await docker(run("--rm", "--name", "stopped", "busybox", "sh", "-c", script), { onStdout });
    expect(ended).toEqual({ stdout: "ready\nbye\n", stderr: "", status: 6 });
    expect(await stopped.promise).toEqual({ stdout: "stopped\n", stderr: "", status: 0 });
  },
};

describe("a chain", () => {
  const reason =
    missing("/usr/sbin/dockerd", "/usr/bin/containerd", "/usr/bin/containerd-shim-runc-v2") ?? missingClient(DOCKER_20);
  if (reason) return void test.skip(reason);

  const done = new Set<string>();
  const nameOf = (programs: StackPrograms, ends: Ends, what: string) => JSON.stringify([programs, ends, what]);

  describe.each(STACKS)("of a dockerd of $dockerd, a containerd of $containerd and its shim of $shim,", (programs) => {
    let stack: DockerStack;
    beforeAll(async () => {
      stack = await DockerStack.start(programs);
    });
    afterAll(() => stack.stop());

    describe.each(ENDS)("with a docker of $client and a runc of $runtime,", (ends) => {
      const client = DOCKER[ends.client];
      const env = () => ({ ...shellEnvironment(), ...stack.env });
      const chain: Chain = {
        docker: (args, options) => runDocker(client, args, { ...options, env: env() }),
        run: (...words) => ["run", "--runtime", ends.runtime, "--network", "none", ...words],
        atTerminal: (terminal, args) => terminal.run(client, args, env()),
      };
      test.each(Object.entries(CASES))("does %s", async (what, work) => {
        await work(chain);
        done.add(nameOf(programs, ends, what));
      });
    });
  });

  test("is in the README with what it does", () => {
    const whatIsMissed = (programs: StackPrograms, ends: Ends) =>
      Object.keys(CASES).filter((what) => !done.has(nameOf(programs, ends, what)));
    const table = chainsTable(STACKS, ENDS, Object.keys(CASES), whatIsMissed);
    if (process.env.ERAS_README === "write") writeTable(table);
    expect(writtenTable()).toBe(table);
  });
});
