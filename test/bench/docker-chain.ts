/** The two chains of docker: ours, all of it, and genuine 20.10, all of it, each in a place of its own, both in one network of their own. */
import { resolve } from "node:path";
import { GenuineDocker } from "../genuine/docker.ts";
import { busyboxImage } from "../harness/busybox-image.ts";
import { Dockerd2019 } from "../harness/dockerd-2019.ts";
import { engineRequest } from "../harness/engine-request.ts";
import { pssKib } from "../harness/memory.ts";
import { processesThatName } from "../harness/on-machine.ts";
import { inOwnNetwork } from "../harness/own-network.ts";
import { newPlace, type Place, removePlace } from "../harness/remains.ts";
import { runProgram, shellEnvironment } from "../harness/run-program.ts";
import { forEachOf } from "./at-once.ts";
import type { TimedCommand } from "./interleaved.ts";
import { interruption } from "./interruption.ts";

const OUR_DOCKER = resolve(import.meta.dirname, "../../bin/docker-2019");
/** Not the first of PATH, which may be a newer one. */
const GENUINE_DOCKER = "/usr/bin/docker";
/** The genuine one would make `docker0` and rules for it: nobody else is in this network. */
const GENUINE_FLAGS = ["--bridge=", "--iptables=true"];
/** Containers that are made, or removed, at the same time, where that is not what is measured. */
const AT_ONCE = 4;

/** A dockerd with everything below it, and the client that belongs to it. */
export class DockerChain {
  readonly name: string;
  readonly #place: Place;
  readonly #program: string;
  readonly #end: () => Promise<void>;

  private constructor(name: string, place: Place, program: string, end: () => Promise<void>) {
    this.name = name;
    this.#place = place;
    this.#program = program;
    this.#end = end;
  }

  /** Starts both, each with busybox, and has `work` done. Takes away what they have made, whatever comes of it. */
  static withBoth(work: (ours: DockerChain, genuine: DockerChain) => Promise<void>): Promise<void> {
    return inOwnNetwork(async () => {
      const chains: DockerChain[] = [];
      try {
        for (const start of [DockerChain.#ours, DockerChain.#genuine]) chains.push(await start());
        for (const chain of chains) await chain.docker(["load"], busyboxImage("busybox:latest"));
        await work(chains[0]!, chains[1]!);
      } finally {
        for (const chain of chains) await chain.#stop();
      }
    });
  }

  static async #ours(): Promise<DockerChain> {
    const dockerd = await Dockerd2019.start();
    return new DockerChain("docker-2019", dockerd.place, OUR_DOCKER, () => dockerd.end("SIGTERM"));
  }

  static async #genuine(): Promise<DockerChain> {
    const place = newPlace();
    const dockerd = await GenuineDocker.start(place.dir, {
      flags: [...GENUINE_FLAGS, "--cgroup-parent", `/${place.cgroupParent}`],
    });
    return new DockerChain("docker", place, GENUINE_DOCKER, () => dockerd.stop());
  }

  /** A command of its docker, to be timed. */
  command(...args: readonly string[]): TimedCommand {
    return { argv: [this.#program, ...args], env: this.#env };
  }

  /** Runs its docker. @returns What that prints. @throws {Error} When it fails. */
  async docker(args: readonly string[], input?: Buffer): Promise<string> {
    interruption.throwIfAborted();
    const env = { ...shellEnvironment(), ...this.#env };
    const { stdout, stderr, status } = await runProgram(this.#program, args, { env, input });
    if (status !== 0) throw new Error(`Cannot do "${this.name} ${args.join(" ")}": exit ${status}: ${stderr}`);
    return stdout;
  }

  /** Makes containers that are not started. */
  async create(count: number): Promise<void> {
    await forEachOf(Array.from({ length: count }), AT_ONCE, async () => {
      const { status, body } = await engineRequest(this.#socket, "POST", "/v1.40/containers/create", {
        Image: "busybox",
        Cmd: ["true"],
      });
      if (status !== 201) throw new Error(`Cannot create a container by ${this.name}: ${status} ${body.message}`);
    });
  }

  async removeAll(): Promise<void> {
    const ids = (await this.docker(["ps", "-aq"])).split("\n").filter(Boolean);
    await forEachOf(ids, AT_ONCE, (id) => this.docker(["rm", "-f", id]).then(() => {}));
  }

  /** Of all its programs that last: dockerd, containerd, shims. Containers' own processes are not among them. @returns KiB. */
  get memoryKib(): number {
    return processesThatName(this.#place.dir).reduce((sum, { pid }) => sum + pssKib(pid), 0);
  }

  get #socket(): string {
    return `${this.#place.dir}/docker.sock`;
  }

  get #env(): NodeJS.ProcessEnv {
    return { DOCKER_HOST: `unix://${this.#socket}`, DOCKER_CONFIG: `${this.#place.dir}/config` };
  }

  async #stop(): Promise<void> {
    await this.removeAll().catch((error: Error) => console.error(error.message));
    await this.#end();
    const left = await removePlace(this.#place);
    console.log(`left by ${this.name}: ${left.join(", ") || "nothing"}`);
  }
}
