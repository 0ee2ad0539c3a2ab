/** A genuine Docker (Debian's docker.io) with everything in a directory of its own, beside whatever the host runs. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";

export class GenuineDocker {
  readonly #daemon: ChildProcess;
  readonly #dir: string;

  private constructor(dir: string, daemon: ChildProcess) {
    this.#dir = dir;
    this.#daemon = daemon;
  }

  /** Starts dockerd and its containerd, without bridge and packet filter, and waits until the socket answers. */
  static async start(dir: string): Promise<GenuineDocker> {
    const log = openSync(join(dir, "dockerd.log"), "a");
    const args = ["--data-root", join(dir, "data"), "--exec-root", join(dir, "exec"), "--pidfile", join(dir, "pid")];
    args.push("--host", `unix://${dir}/docker.sock`, "--bridge=none", "--iptables=false", "--ip6tables=false");
    const daemon = spawn("dockerd", args, { stdio: ["ignore", log, log] });
    closeSync(log);
    const docker = new GenuineDocker(dir, daemon);
    await docker.#ready();
    return docker;
  }

  /** Environment that points a genuine `docker` at this daemon. */
  get env(): NodeJS.ProcessEnv {
    return { DOCKER_HOST: `unix://${this.#dir}/docker.sock`, DOCKER_CONFIG: this.#dir };
  }

  /** Runs the genuine `docker` and returns what it prints. */
  docker(args: readonly string[], input?: string | Buffer): string {
    const options = { env: { ...process.env, ...this.env }, encoding: "utf8", ...(input && { input }) } as const;
    return execFileSync("docker", args, options).trim();
  }

  async stop(): Promise<void> {
    if (this.#daemon.exitCode === null) {
      this.#daemon.kill("SIGTERM");
      await new Promise((resolve) => this.#daemon.on("exit", resolve));
    }
    rmSync(this.#dir, { recursive: true, force: true });
  }

  async #ready(): Promise<void> {
    const deadline = performance.now() + 60_000;
    while (!(await answers(join(this.#dir, "docker.sock")))) {
      if (this.#daemon.exitCode !== null || performance.now() > deadline) {
        throw new Error(
          `Genuine dockerd did not start:\n${readFileSync(join(this.#dir, "dockerd.log"), "utf8").slice(-2000)}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 50)); // dockerd announces itself to systemd only
    }
  }
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.on("connect", () => resolve(true)).on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });
}
