/** Our ctr and the genuine one, at a genuine containerd of their own: what each makes, the other finds, and both print the same. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect } from "vitest";
import { GenuineContainerd } from "../genuine/containerd.ts";
import { busyboxImage } from "./busybox-image.ts";
import { newPlace, type Place, removePlace } from "./remains.ts";
import { type ProgramResult, runProgram } from "./run-program.ts";

export const CTR = resolve(import.meta.dirname, "../../bin/ctr-2019");
export const BUSYBOX = "docker.io/library/busybox:latest";
export const SUCCESS = { stdout: "", stderr: "", status: 0 };

/** Says what is not there, for the name of a skipped test; undefined if all is. */
export function missingForCtr(...paths: readonly string[]): string | undefined {
  const absent = ["/usr/bin/containerd", "/usr/bin/ctr", ...paths].filter((path) => !existsSync(path));
  return absent.length === 0 ? undefined : `needs ${absent.join(", ")}`;
}

let count = 0;
/** The runtime's state is the machine's, whose other containerds have containers, too. */
export function newId(): string {
  return `eras-ctr-${process.pid}-${++count}`;
}

export class CtrSession {
  readonly place: Place;
  readonly containerd: GenuineContainerd;

  private constructor(place: Place, containerd: GenuineContainerd) {
    this.place = place;
    this.containerd = containerd;
  }

  /** Starts a containerd that has busybox. */
  static async start(): Promise<CtrSession> {
    const place = newPlace();
    const session = new CtrSession(place, await GenuineContainerd.start(place.dir));
    await session.loadBusybox();
    return session;
  }

  async stop(): Promise<void> {
    await this.containerd.stop();
    expect(await removePlace(this.place)).toEqual([]);
  }

  loadBusybox(): Promise<void> {
    return this.containerd.load(busyboxImage(BUSYBOX));
  }

  get fifoDir(): string {
    return join(this.place.dir, "fifos");
  }

  readonly ours = (...args: string[]): Promise<ProgramResult> => this.withInput(undefined, ...args);

  readonly genuine = (...args: string[]): Promise<ProgramResult> => this.containerd.ctr(args);

  /** Our ctr, with something to read. */
  withInput(input: string | Buffer | undefined, ...args: string[]): Promise<ProgramResult> {
    return runProgram(CTR, [...this.containerd.address, ...args], { input });
  }

  /** Expects that both print the same, and end with the same exit code. What differs is the time, if at all. */
  readonly same = async (...args: string[]): Promise<ProgramResult> => {
    const [a, b] = [await this.ours(...args), await this.genuine(...args)];
    expect(timeless(a)).toEqual(timeless(b));
    return a;
  };

  /** The arguments of a `run` whose files are all in the session's place. */
  runArguments(flags: readonly string[], id: string, command: readonly string[]): string[] {
    const { dir, cgroupParent } = this.place;
    const where = ["--runc-root", join(dir, "runc"), "--cgroup", `/${cgroupParent}/${id}`, "--fifo-dir", this.fifoDir];
    return ["run", ...where, ...flags, BUSYBOX, id, ...command];
  }

  /** Starts a container that stays. @returns Its id. */
  readonly runDetached = async (...command: string[]): Promise<string> => {
    const id = newId();
    expect(await this.ours(...this.runArguments(["-d"], id, command))).toEqual(SUCCESS);
    return id;
  };

  /** The task's status in `ctr tasks ls`. */
  readonly status = async (id: string): Promise<string | undefined> => {
    const lines = (await this.ours("tasks", "ls")).stdout.split("\n").map((line) => line.split(/\s+/));
    return lines.find(([name]) => name === id)?.[2];
  };

  async removeContainers(): Promise<void> {
    for (const id of (await this.genuine("containers", "ls", "-q")).stdout.split("\n").filter(Boolean)) {
      await this.genuine("tasks", "delete", "--force", id);
      await this.genuine("containers", "delete", id);
    }
  }
}

function timeless({ stdout, stderr, status }: ProgramResult): ProgramResult {
  return {
    stdout: stdout.replace(/\d+ (seconds?|minutes?)|Less than a second|About a minute/g, "AGE"),
    stderr: stderr.replace(/time="[^"]*"/g, ""),
    status,
  };
}

/** Waits for what nobody announces. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition()));
}
