/** A genuine containerd with everything in a directory of its own, and the genuine `ctr` at it. */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ProgramResult, runProgram, shellEnvironment } from "../harness/run-program.ts";

/** Without the Kubernetes plugin, which wants a network configuration. */
const config = (dir: string) => `version = 2
root = "${dir}/root"
state = "${dir}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "${dir}/containerd.sock"
`;

export interface StartOptions {
  /** Whether it has a session of its own, so that Ctrl-C in the terminal reaches its caller only, who still needs it. */
  readonly detached?: boolean;
  /** Whether it collects garbage only when it is asked to: `ctr snapshots view` makes what nothing holds. */
  readonly keepsGarbage?: boolean;
}

const NO_COLLECTION = `[plugins."io.containerd.gc.v1.scheduler"]
  startup_delay = "1h"
  mutation_threshold = 1000000
`;

export class GenuineContainerd {
  readonly #dir: string;
  readonly #options: SpawnOptions;
  #daemon: ChildProcess;

  private constructor(dir: string, options: SpawnOptions) {
    this.#dir = dir;
    this.#options = options;
    this.#daemon = this.#spawn();
  }

  /** Starts containerd and waits until it answers. @param env - Where it finds its shims. */
  static async start(
    dir: string,
    env: NodeJS.ProcessEnv = shellEnvironment(),
    { detached = false, keepsGarbage = false }: StartOptions = {},
  ): Promise<GenuineContainerd> {
    writeFileSync(join(dir, "config.toml"), config(dir) + (keepsGarbage ? NO_COLLECTION : ""));
    const containerd = new GenuineContainerd(dir, { env, detached });
    await containerd.#ready();
    return containerd;
  }

  /** The arguments of `ctr` that lead to this containerd; a subcommand follows. */
  get address(): readonly string[] {
    return ["--address", this.socket];
  }

  get socket(): string {
    return join(this.#dir, "containerd.sock");
  }

  get pid(): number {
    return this.#daemon.pid!;
  }

  /** What containerd and the shims have written. */
  get log(): string {
    return readFileSync(join(this.#dir, "containerd.log"), "utf8");
  }

  /** Runs the genuine `ctr`, which may fail. */
  ctr(args: readonly string[], input?: string | Buffer): Promise<ProgramResult> {
    return runProgram("ctr", [...this.address, ...args], { input });
  }

  /** Loads an archive as `docker save` writes it. @throws {Error} */
  async load(archive: Buffer): Promise<void> {
    const { status, stderr } = await this.ctr(["images", "import", "-"], archive);
    if (status !== 0) throw new Error(`Cannot load an image into genuine containerd: ${stderr}`);
  }

  /** Ends containerd without a warning. Its containers and all that it had written are there for the next that is started in the directory. */
  async kill(): Promise<void> {
    this.#daemon.kill("SIGKILL");
    await new Promise((resolve) => this.#daemon.on("exit", resolve));
  }

  /** Starts it again, in the same directory. */
  async restart(): Promise<void> {
    this.#daemon = this.#spawn();
    await this.#ready();
  }

  /** Ends containerd and takes its directory away; its containers, which live on without it, are the caller's. */
  async stop(): Promise<void> {
    if (this.#daemon.exitCode === null) {
      this.#daemon.kill("SIGTERM");
      await new Promise((resolve) => this.#daemon.on("exit", resolve));
    }
    rmSync(this.#dir, { recursive: true, force: true });
  }

  #spawn(): ChildProcess {
    const log = openSync(join(this.#dir, "containerd.log"), "a");
    const args = ["--config", join(this.#dir, "config.toml")];
    const daemon = spawn("containerd", args, { stdio: ["ignore", log, log], ...this.#options });
    closeSync(log);
    return daemon;
  }

  async #ready(): Promise<void> {
    while ((await this.ctr(["--connect-timeout", "5s", "version"])).status !== 0) {
      if (this.#daemon.exitCode !== null)
        throw new Error(`Genuine containerd did not start:\n${this.log.slice(-2000)}`);
      await new Promise((resolve) => setTimeout(resolve, 50)); // it announces itself to systemd only
    }
  }
}
