/** A world of `pnpm era` for a test: state, run directory, temporary files and ports of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { cgroupTrees } from "@eras/cgroups/detect.ts";
import { containerCgroupPath } from "@eras/docker-2013/container-cgroup.ts";
import { mountPointsBelow, processesThatName, told } from "./on-machine.ts";

const CLONE = resolve(import.meta.dirname, "../..");
const NODE = join(CLONE, "node_modules/.bin/node");
const MAIN = join(CLONE, "packages/era/main.ts");

export interface EraResult {
  stdout: string;
  stderr: string;
  status: number | null;
}

interface EraOptions {
  input?: string | undefined;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
}

export class EraWorld {
  readonly dir = mkdtempSync(join(tmpdir(), "docker-eras-world-"));
  readonly rootDir = join(this.dir, "state");
  readonly runDir = join(this.dir, "run");
  readonly tmpDir = join(this.dir, "tmp");
  readonly tcp: string;
  readonly http: string;
  readonly archive: string;

  private constructor(tcp: string, http: string, archive: string) {
    this.tcp = tcp;
    this.http = http;
    this.archive = archive;
    mkdirSync(this.tmpDir);
  }

  static async create(): Promise<EraWorld> {
    return new EraWorld(await freeAddress(), await freeAddress(), await freeAddress());
  }

  /** What a shell has, without the test runner's additions. */
  get env(): NodeJS.ProcessEnv {
    const { PATH = "", HOME, TERM } = process.env;
    return {
      PATH: PATH.split(":")
        .filter((directory) => !directory.includes("node_modules"))
        .join(":"),
      HOME,
      TERM,
      TMPDIR: this.tmpDir,
      ERAS_2013_ROOT: this.rootDir,
      ERAS_2013_RUN: this.runDir,
      ERAS_2013_TCP: this.tcp,
      ERAS_2013_HTTP: this.http,
      ERAS_2013_ARCHIVE: this.archive,
    };
  }

  /** Runs `era ARGS…` of this clone. Without `input` its stdin is empty. */
  era(args: readonly string[], options: EraOptions = {}): Promise<EraResult> {
    return this.run(NODE, [MAIN, ...args], options);
  }

  /** Starts `era ARGS…`, which goes on until it is ended. @param stdin - A terminal, as if it were started from one with `&`. */
  start(args: readonly string[], stdin: number): ChildProcess {
    return spawn(NODE, [MAIN, ...args], { env: this.env, stdio: [stdin, "pipe", "inherit"] });
  }

  /** Runs any program in this world. */
  run(program: string, args: readonly string[], { input = "", env, cwd }: EraOptions = {}): Promise<EraResult> {
    const child = spawn(program, args, { env: { ...this.env, ...env }, ...(cwd !== undefined && { cwd }) });
    child.stdin.on("error", () => {}); // a program that ends before it has read its input
    child.stdin.end(input);
    return finish(child);
  }

  /** PID of a program that runs in the background. */
  pidOf(name: "dockerd" | "archive"): number {
    return JSON.parse(readFileSync(join(this.runDir, `${name}.json`), "utf8")).pid;
  }

  /** What this world has on the machine: asked of the kernel. Empty after `clean`. */
  leftovers(containerIds: readonly string[] = []): string[] {
    return [
      ...[this.rootDir, this.runDir].filter(existsSync),
      ...readdirSync(this.tmpDir).map((name) => join(this.tmpDir, name)),
      ...mountPointsBelow(this.dir),
      ...cgroupTrees()
        .flatMap((root) => containerIds.map((id) => join(root, containerCgroupPath(id))))
        .filter(existsSync),
      ...processesThatName(this.dir).map(told),
    ];
  }

  /** Cleans up, also after a test that failed. */
  async remove(): Promise<void> {
    await this.era(["clean"]);
    rmSync(this.dir, { recursive: true, force: true });
  }
}

function finish(child: ChildProcess): Promise<EraResult> {
  const output = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream]!.setEncoding("utf8").on("data", (text: string) => (output[stream] += text));
  }
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => resolve({ ...output, status }));
  });
}

/** `host:port` that nobody listens at. */
export async function freeAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `127.0.0.1:${port}`;
}
