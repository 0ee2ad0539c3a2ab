/** All below a docker client: dockerd on a containerd that was started before it, with its shims, each ours or genuine. */
import { expect } from "vitest";
import type { GenuineContainerd } from "../genuine/containerd.ts";
import type { GenuineDocker } from "../genuine/docker.ts";
import { DOCKER_20, runDocker } from "../genuine/docker-clients.ts";
import { busyboxImage } from "../harness/busybox-image.ts";
import type { Containerd2019 } from "../harness/containerd-2019.ts";
import { Dockerd2019 } from "../harness/dockerd-2019.ts";
import { newPlace, type Place, removePlace } from "../harness/remains.ts";
import { type ProgramResult, shellEnvironment } from "../harness/run-program.ts";
import { type ContainerdAndShim, type Maker, RUNC, startContainerd } from "./chain-programs.ts";
import { DockerSession } from "./docker-session.ts";

export interface StackPrograms extends ContainerdAndShim {
  readonly dockerd: Maker;
}

export class DockerStack {
  readonly containerd: Containerd2019 | GenuineContainerd;
  readonly #place: Place;
  readonly #dockerd: Dockerd2019 | DockerSession;

  private constructor(
    place: Place,
    containerd: Containerd2019 | GenuineContainerd,
    dockerd: Dockerd2019 | DockerSession,
  ) {
    this.#place = place;
    this.containerd = containerd;
    this.#dockerd = dockerd;
  }

  /**
   * Starts containerd and dockerd, which has busybox, and both runtimes: `--runtime ours`, `--runtime genuine`.
   *
   * @param more - Flags for dockerd.
   */
  static async start(programs: StackPrograms, more: readonly string[] = []): Promise<DockerStack> {
    const place = newPlace(); // dockerd has one of its own
    const containerd = await startContainerd(programs, place.dir);
    const flags = ["--containerd", containerd.socket, ...more];
    const dockerd = programs.dockerd === "ours" ? await startOurs(flags) : await startGenuine(flags);
    return new DockerStack(place, containerd, dockerd);
  }

  /** Environment that points a `docker` at it. */
  get env(): NodeJS.ProcessEnv {
    return this.#dockerd.env;
  }

  /** Runs the genuine `docker` at it. */
  docker(args: readonly string[], input?: string | Buffer): Promise<ProgramResult> {
    return runDocker(DOCKER_20.path, args, { input, env: { ...shellEnvironment(), ...this.env } });
  }

  get dockerd(): Dockerd2019 | GenuineDocker {
    return this.#dockerd instanceof DockerSession ? this.#dockerd.docker : this.#dockerd;
  }

  /** Removes all containers, ends the daemons, and expects nothing of them on the machine. */
  async stop(): Promise<void> {
    await this.#dockerd.stop();
    await this.containerd.stop();
    expect(await removePlace(this.#place)).toEqual([]);
  }
}

/** The shim has its genuine name, as genuine dockerd knows no other. */
async function startOurs(flags: readonly string[]): Promise<Dockerd2019> {
  const runtimes = Object.entries(RUNC).flatMap(([name, path]) => ["--add-runtime", `${name}=${path}`]);
  const dockerd = await Dockerd2019.start([...flags, "--containerd-shim", "io.containerd.runc.v2", ...runtimes]);
  await dockerd.docker(["load"], busyboxImage("busybox:latest"));
  return dockerd;
}

function startGenuine(flags: readonly string[]): Promise<DockerSession> {
  return DockerSession.start({ flags, runtimes: RUNC });
}
