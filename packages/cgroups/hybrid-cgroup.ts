/**
 * A cgroup on a hybrid host: v1's trees for the controllers that they have, and the v2 tree for the rest and for what it does better:
 *
 *     limits, statistics, freezing, out of memory ─▶ v1
 *     controllers that no v1 tree has, pressure   ─▶ v2
 *     killing                                     ─▶ v2's cgroup.kill, then v1 for who is in its trees alone (see addCaller)
 */
import { makeCgroup } from "./ancestors.ts";
import type { Cgroup } from "./cgroup.ts";
import { ifPresent } from "./control-file.ts";
import { removeEmpty } from "./remove.ts";
import type { CgroupResources } from "./resources.ts";
import type { CgroupStats } from "./stats.ts";
import type { V1Mounts } from "./v1/subsystems.ts";
import { V1Cgroup } from "./v1/v1-cgroup.ts";
import { availableControllers, enableControllers } from "./v2/controllers.ts";
import { V2Cgroup } from "./v2/v2-cgroup.ts";

export class HybridCgroup implements Cgroup {
  readonly path: string;
  readonly #mounts: V1Mounts;
  readonly #v2Root: string;
  readonly #v1: V1Cgroup;
  readonly #v2: V2Cgroup;

  constructor(path: string, v1Mounts: V1Mounts, v2Root: string) {
    this.path = path;
    this.#mounts = v1Mounts;
    this.#v2Root = v2Root;
    this.#v1 = new V1Cgroup(path, v1Mounts);
    this.#v2 = new V2Cgroup(path, v2Root);
  }

  /** Without v2's controllers: most cgroups need none of them, and a controller that is on is on for the whole machine. */
  create(): void {
    const made = makeCgroup(this.#v2Root, this.path);
    try {
      this.#v1.create();
    } catch (error) {
      made.reverse().forEach(removeEmpty);
      throw error;
    }
  }

  exists(): boolean {
    return this.#v1.exists() || this.#v2.exists();
  }

  addProcess(pid: number): void {
    this.#v1.addProcess(pid);
    this.#v2.addProcess(pid);
  }

  addCaller(): void {
    this.#v1.addCaller();
  }

  set({ unified, ...limits }: CgroupResources): void {
    const keys = Object.keys(limits) as (keyof typeof limits)[];
    const isV1 = (key: keyof typeof limits) => this.#mounts.has(V1_CONTROLLER[key]);
    const v2Keys = keys.filter((key) => !isV1(key));
    this.#v1.set(pick(limits, keys.filter(isV1)));
    this.#enable([...v2Keys.map((key) => V1_CONTROLLER[key]), ...Object.keys(unified ?? {}).map(controllerOf)]);
    this.#v2.set(pick(limits, v2Keys));
    if (unified !== undefined) this.#v2.set({ unified });
  }

  writeFile(controlFile: string, value: string): void {
    const controller = controllerOf(controlFile);
    const isV1 = this.#mounts.has(controller);
    if (!isV1) this.#enable([controller]);
    (isV1 ? this.#v1 : this.#v2).writeFile(controlFile, value);
  }

  /** Switches on those of v2's controllers that are meant, by their names on v1; there is none for devices and the freezer. */
  #enable(v1Names: readonly string[]): void {
    if (v1Names.length === 0) return;
    const wanted = v1Names.flatMap((name) => V2_CONTROLLERS[name] ?? name);
    const controllers = availableControllers(this.#v2Root).filter((name) => wanted.includes(name));
    if (controllers.length > 0) enableControllers(this.#v2Root, this.path, controllers);
  }

  freeze(): Promise<void> {
    return this.#v1.freeze();
  }

  thaw(): void {
    this.#v1.thaw();
  }

  pids(): number[] {
    return [...new Set([...this.#v1.pids(), ...this.#v2.pids()])];
  }

  stats(): CgroupStats {
    return { ...this.#v2.stats(), ...this.#v1.stats() };
  }

  /** What v1's freezer holds doesn't die, so it is let go first. */
  async killAll(): Promise<void> {
    ifPresent(() => this.#v1.thaw());
    await this.#v2.killAll();
    await this.#v1.killAll();
  }

  async delete(): Promise<void> {
    await this.#v1.delete();
    await this.#v2.delete();
  }

  onOutOfMemory(listener: () => void): () => void {
    return this.#v1.onOutOfMemory(listener);
  }
}

/** Which controller of v1 sets a limit. */
const V1_CONTROLLER = {
  memory: "memory",
  cpu: "cpu",
  pids: "pids",
  blockIO: "blkio",
  hugepageLimits: "hugetlb",
  devices: "devices",
} satisfies Record<keyof Omit<CgroupResources, "unified">, string>;

/** Where v2 has other names, or makes two of one. */
const V2_CONTROLLERS: Readonly<Record<string, readonly string[]>> = { blkio: ["io"], cpu: ["cpu", "cpuset"] };

function controllerOf(controlFile: string): string {
  return controlFile.split(".")[0]!;
}

function pick<T extends object>(from: T, keys: readonly (keyof T)[]): Pick<T, keyof T & string> {
  return Object.fromEntries(keys.map((key) => [key, from[key]])) as T;
}
