/** A genuine Docker (Debian's docker.io) with everything in a directory of its own, beside whatever the host runs. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { umount } from "@eras/linux/mount.ts";
import { readMountinfo } from "@eras/linux/mountinfo.ts";
import { socketAnswers } from "@eras/linux/socket-answers.ts";
import { type ProgramResult, shellEnvironment } from "../harness/run-program.ts";
import { DOCKER_20, runDocker } from "./docker-clients.ts";

export interface DockerOptions {
  /** Runtimes for `docker run --runtime`, by name, each with its path. */
  readonly runtimes?: Readonly<Record<string, string>>;
  /** More flags for dockerd. */
  readonly flags?: readonly string[];
  /** Programs in this directory come before the host's own: a `containerd`, which dockerd starts when it is told of none. */
  readonly programs?: string;
  /** Content of /etc/subuid and /etc/subgid, which dockerd then sees in a mount namespace of its own. */
  readonly subordinateIds?: string;
}

export class GenuineDocker {
  readonly #dir: string;
  readonly #options: DockerOptions;
  #daemon: ChildProcess;

  private constructor(dir: string, options: DockerOptions) {
    this.#dir = dir;
    this.#options = options;
    this.#daemon = this.#spawn();
  }

  /** Starts dockerd and its containerd, without bridge and packet filter, and waits until the socket answers. */
  static async start(dir: string, options: DockerOptions = {}): Promise<GenuineDocker> {
    const docker = new GenuineDocker(dir, options);
    await docker.#ready();
    return docker;
  }

  /** Environment that points a genuine `docker` at this daemon. */
  get env(): NodeJS.ProcessEnv {
    return { DOCKER_HOST: `unix://${this.#dir}/docker.sock`, DOCKER_CONFIG: this.#dir };
  }

  /** Of dockerd. */
  get pid(): number {
    return this.#daemon.pid!;
  }

  /** Runs the genuine `docker` and returns what it prints. */
  docker(args: readonly string[], input?: string | Buffer): string {
    const options = { env: { ...process.env, ...this.env }, encoding: "utf8", ...(input && { input }) } as const;
    return execFileSync(DOCKER_20.path, args, options).trim();
  }

  /** Runs the genuine `docker`, which may fail. */
  run(args: readonly string[], input?: string | Buffer): Promise<ProgramResult> {
    return runDocker(DOCKER_20.path, args, { input, env: { ...shellEnvironment(), ...this.env } });
  }

  /** Ends dockerd as a crash or an operator would. */
  async end(signal: NodeJS.Signals): Promise<void> {
    const ended = once(this.#daemon, "exit");
    this.#daemon.kill(signal);
    await ended;
  }

  /** Starts it again, in the same directory. */
  async restart(): Promise<void> {
    this.#daemon = this.#spawn();
    await this.#ready();
  }

  /** Ends dockerd, which ends its containers, and takes its directory away. */
  async stop(): Promise<void> {
    if (this.#daemon.exitCode === null) await this.end("SIGTERM");
    for (const path of this.#heldMounts()) umount(path);
    rmSync(this.#dir, { recursive: true, force: true });
  }

  /** What dockerd keeps for good: the host's network namespace, and, if it was killed once, the data root, which it binds to itself. */
  #heldMounts(): string[] {
    const isHeld = (path: string) =>
      path === join(this.#dir, "data") || path.startsWith(join(this.#dir, "exec/netns/"));
    return readMountinfo()
      .map(({ mountPoint }) => mountPoint)
      .filter(isHeld);
  }

  #spawn(): ChildProcess {
    const [dir, options] = [this.#dir, this.#options];
    const log = openSync(join(dir, "dockerd.log"), "a");
    const args = ["--data-root", join(dir, "data"), "--exec-root", join(dir, "exec"), "--pidfile", join(dir, "pid")];
    args.push("--host", `unix://${dir}/docker.sock`, "--bridge=none", "--iptables=false", "--ip6tables=false");
    for (const [name, path] of Object.entries(options.runtimes ?? {})) args.push("--add-runtime", `${name}=${path}`);
    args.push(...(options.flags ?? []));
    const { subordinateIds } = options;
    const prefix = subordinateIds === undefined ? [] : withSubordinateIds(dir, subordinateIds);
    const [program, ...all] = [...prefix, "dockerd", ...args];
    const PATH = [...(options.programs ? [options.programs] : []), process.env.PATH].join(":");
    const daemon = spawn(program!, all, { stdio: ["ignore", log, log], env: { ...process.env, PATH } });
    closeSync(log);
    return daemon;
  }

  async #ready(): Promise<void> {
    const deadline = performance.now() + 60_000;
    while (!(await socketAnswers(join(this.#dir, "docker.sock")))) {
      if (this.#daemon.exitCode !== null || performance.now() > deadline) {
        throw new Error(
          `Genuine dockerd did not start:\n${readFileSync(join(this.#dir, "dockerd.log"), "utf8").slice(-2000)}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 50)); // dockerd announces itself to systemd only
    }
  }
}

/** A command line that lays our /etc/subuid and /etc/subgid over the host's, for the program after it alone. */
export function withSubordinateIds(dir: string, subordinateIds: string): string[] {
  const file = join(dir, "subordinate-ids");
  writeFileSync(file, subordinateIds);
  const script = 'for target in /etc/subuid /etc/subgid; do mount --bind "$0" $target || exit; done; exec "$@"';
  return ["unshare", "--mount", "sh", "-c", script, file];
}
