/**
 * What the tests of all backends share: a cgroup of its own for each, processes inside it, and waiting for what the kernel does.
 *
 * Real cgroups, real processes that fork, eat memory and burn time. Where the machine's kernel has not given a controller to a backend
 * (v2's memory on a hybrid host), the tests that need it are skipped; the virtual machine of test/vm runs those.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Cgroup } from "../cgroup.ts";
import { readCgroupStats } from "../read-stats.ts";
import type { CgroupStats } from "../stats.ts";

export const MIB = 1024 * 1024;

/** A backend to try. */
export interface CgroupSuiteOptions {
  /** A cgroup of the backend; each test asks for one of its own. */
  readonly open: (path: string) => Cgroup;
  /** What limits the backend can set here: the keys of `LinuxResources`, and some finer ones. */
  readonly controllers: ReadonlySet<string>;
  /** The same as a module's source, for a process that puts itself into the cgroup: it declares `cgroup`. */
  readonly source: (path: string) => string;
  /** Where the kernel shows the cgroup. */
  readonly directories: (path: string) => string[];
}

/** One backend under test. */
export class CgroupSuite {
  readonly name: string;
  readonly open: (path: string) => Cgroup;
  readonly controllers: ReadonlySet<string>;
  readonly directories: (path: string) => string[];
  /** Above the cgroups of all tests; goes with the last of them. */
  readonly parent: string;
  readonly #source: (path: string) => string;
  #cgroup: Cgroup | undefined;
  #processes: ChildProcess[] = [];
  #count = 0;

  constructor(name: string, { open, controllers, source, directories }: CgroupSuiteOptions) {
    this.name = name;
    this.open = open;
    this.controllers = controllers;
    this.directories = directories;
    this.parent = `/docker-eras-test-${name}-${process.pid}`;
    this.#source = source;
  }

  /** The cgroup of the test that runs. */
  get cgroup(): Cgroup {
    return this.#cgroup!;
  }

  /** What the cgroup of the test has used. */
  stats(): CgroupStats {
    return readCgroupStats(this.cgroup.paths);
  }

  /** The contents of those of these control files that the cgroup has. */
  read(...names: string[]): string[] {
    const files = this.directories(this.cgroup.path).flatMap((dir) => names.map((name) => `${dir}/${name}`));
    return files.filter((file) => existsSync(file)).map((file) => readFileSync(file, "utf8").trim());
  }

  /** `test`, for a backend that has the controller. */
  readonly needs = (controller: string) => test.skipIf(!this.controllers.has(controller));

  /** Makes a cgroup before each test; afterwards nothing of it may be left. */
  declareHooks(): void {
    beforeEach(() => {
      this.#cgroup = this.open(`${this.parent}/${++this.#count}`);
      this.#cgroup.create();
    });
    afterEach(async () => {
      await this.cgroup.killAll();
      await this.cgroup.delete();
      for (const child of this.#processes) child.kill("SIGKILL");
      this.#processes = [];
      expect(this.directories(this.parent).filter((dir) => existsSync(dir))).toEqual([]);
    });
  }

  /** Starts a shell that goes on with `script` when it is in the cgroup, or in `place`. */
  startInside(script: string, place: Cgroup = this.cgroup): ChildProcess {
    const child = spawn("sh", ["-c", `read go; ${script}`], { stdio: ["pipe", "ignore", "ignore"] });
    this.#processes.push(child);
    place.addProcess(child.pid!);
    child.stdin!.end("go\n");
    return child;
  }

  /** Starts a Node that has `cgroup` and runs `script`; what it prints comes back on its stdout. */
  startNode(script: string, path = this.cgroup.path): ChildProcess {
    const module = `${this.#source(path)}\n${script}`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", module], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#processes.push(child);
    return child;
  }

  /** A process that ends with 3 on SIGTERM, if it can run. */
  async startTrapping(place: Cgroup = this.cgroup): Promise<ChildProcess> {
    const child = this.startInside("trap 'exit 3' TERM; while :; do :; done", place);
    await until(() => /SigCgt:.*4[0-9a-f]{3}$/m.test(readFileSync(`/proc/${child.pid}/status`, "utf8"))); // SIGTERM is bit 14
    return child;
  }
}

/** Holds that a process of `startTrapping` can't run. */
export async function expectFrozen(child: ChildProcess): Promise<void> {
  child.kill("SIGTERM");
  await delay(100); // to see that nothing happens
  expect(child.exitCode).toBeNull();
}

/** Waits for the end of a process. @returns Its exit code, or the name of the signal that ended it. */
export async function exitCode(child: ChildProcess): Promise<number | string> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return child.exitCode ?? child.signalCode!;
}

/** Waits until something holds: of the kernel's counters, which tell of no change. */
export async function until(holds: () => boolean): Promise<void> {
  const end = Date.now() + 30_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`Waited 30 s in vain until ${holds}`);
    await delay(5);
  }
}
