/** A cgroup on v1: a directory in the tree of every controller. */
import { existsSync } from "node:fs";
import type { LinuxResources } from "@eras/oci-spec/runtime/config-linux.ts";
import { deleteCgroup } from "../ancestors.ts";
import type { Cgroup, FreezerState } from "../cgroup.ts";
import { pidsBelow } from "../cgroup-path.ts";
import type { CgroupPaths } from "../container-paths.ts";
import { writeControlFile } from "../control-file.ts";
import { type ControllerLimits, limitsByController } from "../controller-limits.ts";
import { setPids } from "../pids.ts";
import { setRdma } from "../rdma.ts";
import { killFrozen, signalFrozen } from "../signal-all.ts";
import { setBlkio } from "./blkio.ts";
import { setCpu } from "./cpu.ts";
import { setCpuset } from "./cpuset.ts";
import { setDevices } from "./devices.ts";
import { freeze, readFreezerState, thaw } from "./freezer.ts";
import { setHugetlb } from "./hugetlb.ts";
import { setMemory } from "./memory.ts";
import { setNetworkClass, setNetworkPriorities } from "./network.ts";
import { createInAllTrees, type TreeDirectory, treeDirectories, type V1Directories } from "./subsystems.ts";

export class V1Cgroup implements Cgroup {
  readonly path: string;
  readonly #directories: V1Directories;

  /** `path` names the cgroup; where it lies the directories say. */
  constructor(path: string, directories: V1Directories) {
    this.path = path;
    this.#directories = directories;
  }

  get paths(): CgroupPaths {
    return Object.fromEntries([...this.#directories].map(([controller, { root, path }]) => [controller, root + path]));
  }

  /** Whether the cgroup has a directory in the tree of a controller. */
  has(controller: string): boolean {
    return this.#directories.has(controller);
  }

  create(): void {
    createInAllTrees(this.#directories);
  }

  exists(): boolean {
    return this.#trees().some(({ root, path }) => existsSync(root + path));
  }

  addProcess(pid: number): void {
    for (const tree of this.#trees()) {
      try {
        writeControlFile(tree.root + tree.path, "cgroup.procs", pid);
      } catch (error) {
        if (!this.#limitsNothing(tree)) throw error;
      }
    }
  }

  /** A tree with a name in place of a controller: like runc, we do without it where it can't be joined. */
  #limitsNothing({ root }: TreeDirectory): boolean {
    return [...this.#directories].every(([name, directory]) => directory.root !== root || name.startsWith("name="));
  }

  /** `tasks` takes threads where cgroup.procs takes processes; 0 is whoever writes. */
  addCaller(): void {
    for (const { root, path } of this.#trees()) writeControlFile(root + path, "tasks", 0);
  }

  set({ unified, ...resources }: LinuxResources): void {
    if (unified !== undefined && Object.keys(unified).length > 0) {
      const files = Object.keys(unified).join(", ");
      throw new Error(`invalid configuration: Cannot set ${files} of ${this.path}: control files of v2, on a v1 host`);
    }
    this.setLimits(limitsByController(resources));
  }

  /** The same by controller. Devices come last, so that a limit that fails doesn't leave a running container without. */
  setLimits(limits: ControllerLimits): void {
    const { cpuset, memory, cpu, pids, blkio, hugetlb, net_cls, net_prio, rdma, devices } = limits;
    if (cpuset !== undefined) setCpuset(this.#directory("cpuset"), cpuset);
    if (memory !== undefined) setMemory(this.#directory("memory"), memory);
    if (cpu !== undefined) setCpu(this.#directory("cpu"), cpu);
    if (pids !== undefined) setPids(this.#directory("pids"), pids);
    if (blkio !== undefined) setBlkio(this.#directory("blkio"), blkio);
    if (hugetlb !== undefined) setHugetlb(this.#directory("hugetlb"), hugetlb);
    if (net_cls !== undefined) setNetworkClass(this.#directory("net_cls"), net_cls);
    if (net_prio !== undefined) setNetworkPriorities(this.#directory("net_prio"), net_prio);
    if (rdma !== undefined) setRdma(this.#directory("rdma"), rdma);
    if (devices !== undefined) setDevices(this.#directory("devices"), devices);
  }

  /** The first part of a control file's name is its controller, and so says in which tree it is. */
  writeFile(controlFile: string, value: string): void {
    const [, controller] = /^([a-z_]+)\.[\w.]+$/.exec(controlFile) ?? [];
    if (controller === undefined || !this.#directories.has(controller)) {
      throw new Error(
        `Cannot write "${value}" to ${controlFile} of ${this.path}: no mounted controller has such a file`,
      );
    }
    writeControlFile(this.#directory(controller), controlFile, value);
  }

  async freeze(): Promise<void> {
    if (this.pids().includes(process.pid)) throw new Error(`Cannot freeze ${this.path}: this process is in it`);
    await freeze(this.#directory("freezer"));
  }

  thaw(): void {
    thaw(this.#directory("freezer"));
  }

  freezerState(): FreezerState {
    return this.has("freezer") ? readFreezerState(this.#directory("freezer")) : "THAWED";
  }

  pids(): number[] {
    const [first] = this.#trees();
    return first === undefined ? [] : pidsBelow(first.root + first.path);
  }

  async signalAll(signal: number): Promise<void> {
    if (this.pids().length > 0) await signalFrozen(this, signal);
  }

  killAll(): Promise<void> {
    return killFrozen(this);
  }

  async delete(): Promise<void> {
    for (const { root, path } of this.#trees()) await deleteCgroup(root, path);
  }

  /** The freezer's first, because it is the one that tells who is in the cgroup. */
  #trees(): TreeDirectory[] {
    const freezer = this.#directories.get("freezer")?.root;
    return treeDirectories(this.#directories).sort((a, b) => Number(b.root === freezer) - Number(a.root === freezer));
  }

  #directory(controller: string): string {
    const directory = this.#directories.get(controller);
    if (directory === undefined)
      throw new Error(`Cannot use ${controller} for ${this.path}: this host has no such controller mounted`);
    return directory.root + directory.path;
  }
}
