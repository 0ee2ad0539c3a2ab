/** The two chains of programs that run a container: ours and the genuine one, each in a place of its own. */
import { execFileSync } from "node:child_process";
import { join, resolve } from "node:path";
import { GenuineContainerd } from "../genuine/containerd.ts";
import { busyboxImage } from "../harness/busybox-image.ts";
import { Containerd2019 } from "../harness/containerd-2019.ts";
import { newPlace, type Place, removePlace } from "../harness/remains.ts";
import { runProgram, shellEnvironment } from "../harness/run-program.ts";
import { GENUINE_RUNC } from "../harness/runtime-under-test.ts";
import { forEachOf } from "./at-once.ts";
import { interruption } from "./interruption.ts";

const BIN = resolve(import.meta.dirname, "../../bin");
const BUSYBOX = "docker.io/library/busybox:latest";
/** Containers that are started, or removed, at the same time. */
const AT_ONCE = 4;

/** What is ours or genuine. */
interface Programs {
  readonly name: string;
  readonly ctr: string;
  /** The shim, by its name for containerd. */
  readonly runtime: string;
  readonly runc: string;
  readonly start: typeof Containerd2019.start | typeof GenuineContainerd.start;
}

const OURS: Programs = {
  name: "ctr-2019",
  ctr: join(BIN, "ctr-2019"),
  runtime: "io.containerd.eras.v2",
  runc: join(BIN, "runc-2019"),
  start: Containerd2019.start,
};
const GENUINE: Programs = {
  name: "ctr",
  ctr: "/usr/bin/ctr",
  runtime: "io.containerd.runc.v2",
  runc: GENUINE_RUNC.path,
  start: GenuineContainerd.start,
};

export class Chain {
  readonly name: string;
  readonly containerd: Containerd2019 | GenuineContainerd;
  readonly #place: Place;
  readonly #programs: Programs;

  private constructor(place: Place, programs: Programs, containerd: Containerd2019 | GenuineContainerd) {
    this.name = programs.name;
    this.containerd = containerd;
    this.#place = place;
    this.#programs = programs;
  }

  /** Starts a containerd that has busybox. */
  static async #start(place: Place, programs: Programs): Promise<Chain> {
    const containerd = await programs.start(place.dir, shellEnvironment(), { detached: true });
    await containerd.load(busyboxImage(BUSYBOX));
    return new Chain(place, programs, containerd);
  }

  /** Has `work` done with our chain and the genuine one. Takes away what they have made, whatever comes of it. */
  static async withBoth(work: (ours: Chain, genuine: Chain) => Promise<void>): Promise<void> {
    const places = [newPlace(), newPlace()] as const;
    const chains: Chain[] = [];
    try {
      for (const [i, programs] of [OURS, GENUINE].entries()) chains.push(await Chain.#start(places[i]!, programs));
      await work(chains[0]!, chains[1]!);
    } finally {
      for (const chain of chains) await chain.#stop();
      const left = (await Promise.all(places.map(removePlace))).flat();
      if (left.length > 0) console.error(`had to be removed:\n  ${left.join("\n  ")}`);
    }
  }

  /** A command of its ctr. */
  argv(...args: readonly string[]): [string, ...string[]] {
    return [this.#programs.ctr, ...this.containerd.address, ...args];
  }

  /** Runs its ctr. @throws {Error} When that fails. */
  call(...args: readonly string[]): void {
    const [program, ...words] = this.argv(...args);
    execFileSync(program, words, { env: shellEnvironment(), stdio: ["ignore", "ignore", "pipe"] });
  }

  /** The words behind `run`, for a container of busybox. */
  container(id: string, ...command: readonly string[]): string[] {
    const { runtime, runc } = this.#programs;
    const { dir, cgroupParent } = this.#place;
    const runcFlags = ["--runtime", runtime, "--runc-binary", runc, "--runc-root", join(dir, "runc")];
    return [...runcFlags, "--cgroup", `/${cgroupParent}/${id}`, BUSYBOX, id, ...command];
  }

  /** Starts containers that sleep. */
  async bringUp(ids: readonly string[]): Promise<void> {
    await forEachOf(ids, AT_ONCE, (id) => this.#runDetached(id));
  }

  async #runDetached(id: string): Promise<void> {
    interruption.throwIfAborted();
    const [program, ...words] = this.argv("run", "-d", "--null-io", ...this.container(id, "sleep", "1000000"));
    const { status, stderr } = await runProgram(program, words);
    if (status !== 0) throw new Error(`Cannot start ${id} by ${this.name}: ${stderr}`);
  }

  /** Removes a container with its task. */
  remove(id: string): void {
    this.call("tasks", "rm", "--force", id);
    this.call("containers", "rm", id);
  }

  async removeAll(): Promise<void> {
    const { stdout } = await this.containerd.ctr(["containers", "ls", "-q"]);
    await forEachOf(stdout.split("\n").filter(Boolean), AT_ONCE, async (id) => {
      await this.containerd.ctr(["tasks", "rm", "--force", id]);
      await this.containerd.ctr(["containers", "rm", id]);
    });
  }

  async #stop(): Promise<void> {
    await this.removeAll();
    await this.containerd.stop();
  }
}
