/** Our dockerd, with the whole chain under it, in a place of its own; and a `docker` at it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { socketAnswers } from "@eras/linux/socket-answers.ts";
import { expect } from "vitest";
import { DOCKER_20, runDocker } from "../genuine/docker-clients.ts";
import { newPlace, type Place, removePlace } from "./remains.ts";
import { type ProgramResult, shellEnvironment } from "./run-program.ts";

export const DOCKERD = resolve(import.meta.dirname, "../../bin/dockerd-2019");

export class Dockerd2019 {
  readonly place: Place;
  readonly #flags: readonly string[];
  /** Comes before the program. */
  readonly #prefix: readonly string[];
  #daemon: ChildProcess;

  private constructor(place: Place, flags: readonly string[], prefix: readonly string[]) {
    this.place = place;
    this.#flags = flags;
    this.#prefix = prefix;
    this.#daemon = this.#spawn();
  }

  /** @param flags - More for dockerd. @param prefix - Comes before the program, of the directory that is all its. */
  static async start(
    flags: readonly string[] = [],
    prefix: (dir: string) => readonly string[] = () => [],
  ): Promise<Dockerd2019> {
    const place = newPlace();
    const dockerd = new Dockerd2019(place, flags, prefix(place.dir));
    await dockerd.#ready();
    return dockerd;
  }

  get socket(): string {
    return join(this.place.dir, "docker.sock");
  }

  get log(): string {
    return readFileSync(join(this.place.dir, "dockerd.log"), "utf8");
  }

  get pid(): number {
    return this.#daemon.pid!;
  }

  /** Of the bridge: a link's name has fifteen characters. */
  get bridge(): string {
    return `eras${basename(this.place.dir)
      .slice(-6)
      .replace(/[^A-Za-z0-9]/g, "x")}`;
  }

  /** Environment that points a `docker` at it. */
  get env(): NodeJS.ProcessEnv {
    return { DOCKER_HOST: `unix://${this.socket}`, DOCKER_CONFIG: this.place.dir };
  }

  /** Runs a `docker` at it, by default the genuine one. */
  docker(args: readonly string[], input?: string | Buffer, program = DOCKER_20.path): Promise<ProgramResult> {
    return runDocker(program, args, { input, env: { ...shellEnvironment(), ...this.env } });
  }

  /** Ends dockerd as a crash or an operator would; its containerd goes with an operator's. */
  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.#daemon.exitCode !== null) return; // by itself
    const ended = once(this.#daemon, "exit");
    this.#daemon.kill(signal);
    await ended;
  }

  async restart(): Promise<void> {
    this.#daemon = this.#spawn();
    await this.#ready();
  }

  /** Removes all containers, ends dockerd, and expects nothing of it on the machine. */
  async stop(): Promise<void> {
    const ids = (await this.docker(["ps", "-aq"])).stdout.split("\n").filter(Boolean);
    if (ids.length > 0) await this.docker(["rm", "-f", "-v", ...ids]);
    await this.end("SIGTERM");
    expect(await removePlace(this.place)).toEqual([]);
  }

  #spawn(): ChildProcess {
    const { dir, cgroupParent } = this.place;
    const log = openSync(join(dir, "dockerd.log"), "a");
    const paths = ["--data-root", join(dir, "data"), "--exec-root", join(dir, "exec"), "-p", join(dir, "pid")];
    const args = ["-H", `unix://${this.socket}`, ...paths, "-b", this.bridge, "--cgroup-parent", `/${cgroupParent}`];
    const [program, ...words] = [...this.#prefix, DOCKERD, ...args, ...this.#flags];
    const daemon = spawn(program!, words, { stdio: ["ignore", log, log], env: shellEnvironment() });
    closeSync(log);
    return daemon;
  }

  async #ready(): Promise<void> {
    while (!(await socketAnswers(this.socket))) {
      if (this.#daemon.exitCode !== null)
        throw new Error(`dockerd-2019 ended with ${this.#daemon.exitCode}:\n${this.log}`);
      await delay(20);
    }
  }
}
