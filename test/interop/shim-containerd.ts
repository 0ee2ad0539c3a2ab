/** A genuine containerd that finds our shim, under our name for it and in the place of its own. */
import { once } from "node:events";
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { expect } from "vitest";
import { GenuineContainerd } from "../genuine/containerd.ts";
import { busyboxImage } from "../harness/busybox-image.ts";
import { newPlace, type Place, removePlace } from "../harness/remains.ts";
import { type ProgramResult, shellEnvironment } from "../harness/run-program.ts";
import { Terminal } from "../harness/terminal.ts";
import { OUR_SHIM } from "./shim-session.ts";

const IMAGE = "docker.io/library/busybox:latest";
const NAMESPACE = "default";
/** Flags of `ctr run`. */
export interface ChosenRuntime {
  readonly flags: readonly string[];
}

/** Our shim, with our runc. */
export const BY_NAME: ChosenRuntime = { flags: ["--runtime", "io.containerd.eras.v2"] };

/** Our shim in the place of containerd's own, the only one to which `ctr` tells another runtime. */
export function inPlaceOfRuncShim(runcBinary: string): ChosenRuntime {
  return { flags: ["--runtime", "io.containerd.runc.v2", "--runc-binary", runcBinary] };
}

export class ShimContainerd {
  readonly place: Place;
  readonly containerd: GenuineContainerd;
  #count = 0;

  private constructor(place: Place, containerd: GenuineContainerd) {
    this.place = place;
    this.containerd = containerd;
  }

  static async start(): Promise<ShimContainerd> {
    const place = newPlace();
    const links = join(place.dir, "bin");
    mkdirSync(links);
    symlinkSync(OUR_SHIM, join(links, "containerd-shim-runc-v2"));
    process.env.PATH = [links, dirname(OUR_SHIM), process.env.PATH].join(delimiter);
    const containerd = await GenuineContainerd.start(place.dir);
    await containerd.load(busyboxImage(IMAGE));
    return new ShimContainerd(place, containerd);
  }

  /** Kills containerd and, after `meanwhile`, starts another in its place. */
  async restart(meanwhile: () => Promise<void>): Promise<void> {
    await this.containerd.kill();
    await meanwhile();
    await this.containerd.restart();
  }

  ctr(...args: string[]): Promise<ProgramResult> {
    return this.containerd.ctr(args);
  }

  newId(): string {
    return `c${++this.#count}`;
  }

  /** `run`, of a container with that id, with all that `ctr` has to be told. */
  runArguments(id: string, flags: readonly string[], command: readonly string[], runtime = BY_NAME): string[] {
    const root = runtime === BY_NAME ? [] : ["--runc-root", join(this.place.dir, "runc")];
    const where = [...runtime.flags, ...root, "--cgroup", `/${this.place.cgroupParent}/${id}`];
    return ["run", ...where, ...flags, IMAGE, id, ...command];
  }

  run(flags: readonly string[], command: readonly string[], runtime = BY_NAME): Promise<ProgramResult> {
    return this.ctr(...this.runArguments(this.newId(), ["--rm", ...flags], command, runtime));
  }

  /** Starts a container that stays. @returns Its id. */
  async runDetached(flags: readonly string[], command: readonly string[], runtime = BY_NAME): Promise<string> {
    const id = this.newId();
    const result = await this.ctr(...this.runArguments(id, ["-d", ...flags], command, runtime));
    expect(result).toMatchObject({ stderr: "", status: 0 }); // its first output may be here
    return id;
  }

  /** Starts `ctr` with these arguments on a terminal. */
  onTerminal(args: readonly string[]): { terminal: Terminal; ended: Promise<unknown[]> } {
    const terminal = new Terminal();
    const child = terminal.run("ctr", [...this.containerd.address, ...args], shellEnvironment());
    return { terminal, ended: once(child, "exit") };
  }

  /** The status of a task, as `ctr tasks ls` has it. */
  async status(id: string): Promise<string | undefined> {
    const lines = (await this.ctr("tasks", "ls")).stdout.split("\n").map((line) => line.split(/\s+/));
    return lines.find(([name]) => name === id)?.[2];
  }

  bundle(id: string): string {
    return join(this.place.dir, "state/io.containerd.runtime.v2.task", NAMESPACE, id);
  }

  /** Where the shim of a container listens. */
  shimAddress(id: string): string {
    return readFileSync(join(this.bundle(id), "address"), "utf8");
  }

  /** Removes all containers, ends containerd, and expects nothing of them on the machine. */
  async stop(): Promise<void> {
    await this.removeContainers();
    await this.containerd.stop();
    expect(await removePlace(this.place)).toEqual([]);
  }

  async removeContainers(): Promise<void> {
    const ids = (await this.ctr("containers", "ls", "-q")).stdout.split("\n").filter(Boolean);
    for (const id of ids) {
      await this.ctr("tasks", "delete", "--force", id);
      await this.ctr("containers", "delete", id);
    }
  }
}
