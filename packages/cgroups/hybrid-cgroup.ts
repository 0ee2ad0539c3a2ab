/**
 * A cgroup on a hybrid host: v1's trees for the controllers that they have, and the v2 tree for the rest and for what it does better:
 *
 *     limits, statistics, freezing, out of memory ─▶ v1
 *     controllers that no v1 tree has, pressure   ─▶ v2
 *     killing                                     ─▶ v2's cgroup.kill, then v1 for who is in its trees alone (see addCaller)
 */
import type { LinuxResources } from "@eras/oci-spec/runtime/config-linux.ts";
import type { Cgroup, FreezerState } from "./cgroup.ts";
import type { CgroupPaths } from "./container-paths.ts";
import { ifPresent } from "./control-file.ts";
import { type LimitingController, limitsByController } from "./controller-limits.ts";
import { removeEmpty } from "./remove.ts";
import type { V1Cgroup } from "./v1/v1-cgroup.ts";
import type { V2Cgroup } from "./v2/v2-cgroup.ts";

export class HybridCgroup implements Cgroup {
  readonly #v1: V1Cgroup;
  readonly #v2: V2Cgroup;

  constructor(v1: V1Cgroup, v2: V2Cgroup) {
    this.#v1 = v1;
    this.#v2 = v2;
  }

  get path(): string {
    return this.#v1.path;
  }

  get paths(): CgroupPaths {
    return { ...this.#v1.paths, ...this.#v2.paths };
  }

  /** Without v2's controllers: most cgroups need none of them, and a controller that is on is on for the whole machine. */
  create(): void {
    const made = this.#v2.make();
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

  set({ unified = {}, ...resources }: LinuxResources): void {
    checkUnified(Object.keys(unified).filter((name) => this.#v1.has(controllerOf(name))));
    const limits = Object.entries(limitsByController(resources)) as [LimitingController, never][];
    const isV1 = ([controller]: [LimitingController, never]) => this.#isV1(controller);
    const v2Limits = limits.filter((limit) => !isV1(limit));
    this.#v1.setLimits(Object.fromEntries(limits.filter(isV1)));
    this.#enable([...v2Limits.map(([controller]) => controller), ...Object.keys(unified).map(controllerOf)]);
    this.#v2.setLimits(Object.fromEntries(v2Limits));
    this.#v2.set({ unified });
  }

  /** Marks on packets are v1's alone: it says so where it has no tree for them. */
  #isV1(controller: LimitingController): boolean {
    return this.#v1.has(controller) || controller === "net_cls" || controller === "net_prio";
  }

  writeFile(controlFile: string, value: string): void {
    const controller = controllerOf(controlFile);
    const isV1 = this.#v1.has(controller);
    if (!isV1) this.#enable([controller]);
    (isV1 ? this.#v1 : this.#v2).writeFile(controlFile, value);
  }

  /** Switches on those of v2's controllers that are meant, by their names on v1; there is none for devices and the freezer. */
  #enable(v1Names: readonly string[]): void {
    if (v1Names.length === 0) return;
    const wanted = v1Names.map((name) => (name === "blkio" ? "io" : name));
    const controllers = this.#v2.availableControllers().filter((name) => wanted.includes(name));
    if (controllers.length > 0) this.#v2.enable(controllers);
  }

  freeze(): Promise<void> {
    return this.#v1.freeze();
  }

  thaw(): void {
    this.#v1.thaw();
  }

  freezerState(): FreezerState {
    return this.#v1.freezerState();
  }

  pids(): number[] {
    return [...new Set([...this.#v1.pids(), ...this.#v2.pids()])];
  }

  signalAll(signal: number): Promise<void> {
    return this.#v1.signalAll(signal);
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
}

/** Control files of v2, for a controller that v1 has. */
function checkUnified(names: readonly string[]): void {
  if (names.length === 0) return;
  throw new Error(`invalid configuration: Cannot set ${names.join(", ")}: cgroup v1 has the controller on this host`);
}

function controllerOf(controlFile: string): string {
  return controlFile.split(".")[0]!;
}
