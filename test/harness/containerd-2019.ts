/** Our containerd with everything in a directory of its own, and the genuine `ctr` at it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { NAMESPACE_KEY } from "@eras/docker-2019/proto/call.ts";
import { connectGrpc, type GrpcClient, grpcClient } from "@eras/docker-2019/proto/grpc/client.ts";
import type { Service } from "@eras/docker-2019/proto/service.ts";
import type { StartOptions } from "../genuine/containerd.ts";
import { type ProgramResult, runProgram, shellEnvironment } from "./run-program.ts";

export const CONTAINERD = resolve(import.meta.dirname, "../../bin/containerd-2019");
const NAMESPACE = "default";

export interface Containerd2019Options extends StartOptions {
  /** A file with more of it. */
  readonly config?: string;
}

export class Containerd2019 {
  readonly #dir: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #detached: boolean;
  readonly #config: readonly string[];
  #daemon: ChildProcess;
  #channel: ReturnType<typeof connectGrpc> | undefined;

  private constructor(dir: string, env: NodeJS.ProcessEnv, { detached = false, config }: Containerd2019Options) {
    this.#dir = dir;
    this.#env = env;
    this.#detached = detached;
    this.#config = config === undefined ? [] : ["--config", config];
    this.#daemon = this.#spawn();
  }

  /** Starts containerd and waits until it says that it serves. @param env - Where it finds its shims. */
  static async start(
    dir: string,
    env: NodeJS.ProcessEnv = shellEnvironment(),
    options: Containerd2019Options = {},
  ): Promise<Containerd2019> {
    const containerd = new Containerd2019(dir, env, options);
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

  /** Where it keeps what outlives a reboot. */
  get root(): string {
    return join(this.#dir, "root");
  }

  /** What containerd and the shims have written. */
  get log(): string {
    return readFileSync(this.#logPath, "utf8");
  }

  /** Where a task's files lie. */
  bundle(id: string): string {
    return join(this.#dir, "state/io.containerd.runtime.v2.task", NAMESPACE, id);
  }

  /** Runs the genuine `ctr`, which may fail. */
  ctr(args: readonly string[], input?: string | Buffer): Promise<ProgramResult> {
    return runProgram("ctr", [...this.address, ...args], { input });
  }

  /** Loads an archive as `docker save` writes it. @throws {Error} */
  async load(archive: Buffer): Promise<void> {
    const { status, stderr } = await this.ctr(["images", "import", "-"], archive);
    if (status !== 0) throw new Error(`Cannot load an image into containerd: ${stderr}`);
  }

  /** One of its services, in ctr's namespace. */
  client<S extends Service>(service: S): GrpcClient<S> {
    this.#channel ??= connectGrpc(this.socket);
    return grpcClient(service, this.#channel, { [NAMESPACE_KEY]: NAMESPACE });
  }

  /** As a loss of power would: nothing of ours is run any more. Its containers live on. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Starts it again. @param program - Another version of it, perhaps. */
  async restart(program = CONTAINERD): Promise<void> {
    this.#daemon = this.#spawn(program);
    await this.#ready();
  }

  /** Ends it; its containers, which live on without it, and its files are the caller's. */
  async stop(): Promise<void> {
    await this.#end("SIGTERM");
  }

  get #logPath(): string {
    return join(this.#dir, "containerd.log");
  }

  #spawn(program = CONTAINERD): ChildProcess {
    writeFileSync(this.#logPath, "");
    const log = openSync(this.#logPath, "a");
    const places = ["--root", this.root, "--state", join(this.#dir, "state"), "--address", this.socket];
    const args = [...this.#config, ...places];
    const daemon = spawn(program, args, { stdio: ["ignore", log, log], env: this.#env, detached: this.#detached });
    closeSync(log);
    return daemon;
  }

  async #ready(): Promise<void> {
    while (!this.log.includes("containerd successfully booted")) {
      if (this.#daemon.exitCode !== null) throw new Error(`containerd did not start:\n${this.log.slice(-2000)}`);
      await new Promise((resolve) => setTimeout(resolve, 20)); // it tells nobody else
    }
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    this.#channel?.close();
    this.#channel = undefined;
    if (this.#daemon.exitCode !== null || this.#daemon.signalCode !== null) return;
    this.#daemon.kill(signal);
    await once(this.#daemon, "exit");
  }
}
