/** A cgroup on v1: the same path in the tree of every controller. */
import { existsSync } from "node:fs";
import { deleteCgroup } from "../ancestors.ts";
import type { Cgroup } from "../cgroup.ts";
import { pidsBelow } from "../cgroup-path.ts";
import { writeControlFile } from "../control-file.ts";
import { killFrozen } from "../kill-frozen.ts";
import { readPidsStats, setPids } from "../pids.ts";
import type { CgroupResources } from "../resources.ts";
import { type CgroupStats, present } from "../stats.ts";
import { readBlkioStats, setBlkio } from "./blkio.ts";
import { readCpuStats, setCpu } from "./cpu.ts";
import { setCpuset } from "./cpuset.ts";
import { setDevices } from "./devices.ts";
import { freeze, thaw } from "./freezer.ts";
import { readHugetlbStats, setHugetlb } from "./hugetlb.ts";
import { readMemoryStats, setMemory } from "./memory.ts";
import { onOutOfMemory } from "./out-of-memory.ts";
import { createInAllTrees, treesOf, type V1Mounts } from "./subsystems.ts";

export class V1Cgroup implements Cgroup {
  readonly path: string;
  readonly #mounts: V1Mounts;

  constructor(path: string, mounts: V1Mounts) {
    this.path = path;
    this.#mounts = mounts;
  }

  create(): void {
    createInAllTrees(this.#mounts, this.path);
  }

  exists(): boolean {
    return this.#directories().some((dir) => existsSync(dir));
  }

  addProcess(pid: number): void {
    for (const dir of this.#directories()) writeControlFile(dir, "cgroup.procs", pid);
  }

  /** `tasks` takes threads where cgroup.procs takes processes; 0 is whoever writes. */
  addCaller(): void {
    for (const dir of this.#directories()) writeControlFile(dir, "tasks", 0);
  }

  set({ memory, cpu, pids, blockIO, hugepageLimits, devices, unified }: CgroupResources): void {
    if (unified !== undefined) {
      throw new Error(
        `Cannot set ${Object.keys(unified).join(", ")} of ${this.path}: control files of v2, on a v1 host`,
      );
    }
    if (memory !== undefined) setMemory(this.#directory("memory"), memory);
    if (cpu !== undefined) this.#setCpu(cpu);
    if (pids !== undefined) setPids(this.#directory("pids"), pids);
    if (blockIO !== undefined) setBlkio(this.#directory("blkio"), blockIO);
    if (hugepageLimits !== undefined) setHugetlb(this.#directory("hugetlb"), hugepageLimits);
    if (devices !== undefined) setDevices(this.#directory("devices"), devices);
  }

  /** What OCI calls `cpu` is two controllers here. */
  #setCpu({ cpus, mems, ...time }: NonNullable<CgroupResources["cpu"]>): void {
    if (cpus !== undefined || mems !== undefined) setCpuset(this.#directory("cpuset"), present({ cpus, mems }));
    if (Object.keys(time).length > 0) setCpu(this.#directory("cpu"), time);
  }

  /** The first part of a control file's name is its controller, and so says in which tree it is. */
  writeFile(controlFile: string, value: string): void {
    const [, controller] = /^([a-z_]+)\.[\w.]+$/.exec(controlFile) ?? [];
    if (controller === undefined || !this.#mounts.has(controller)) {
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

  pids(): number[] {
    return pidsBelow(this.#directories()[0]!);
  }

  stats(): CgroupStats {
    const read = <T>(controller: string, readStats: (dir: string) => T) =>
      this.#mounts.has(controller) ? readStats(this.#directory(controller)) : undefined;
    return present({
      cpu: read("cpu", (dir) => read("cpuacct", (acctDir) => readCpuStats(dir, acctDir))),
      memory: read("memory", readMemoryStats),
      pids: read("pids", readPidsStats),
      io: read("blkio", readBlkioStats),
      hugetlb: read("hugetlb", readHugetlbStats),
    });
  }

  killAll(): Promise<void> {
    return killFrozen(this);
  }

  async delete(): Promise<void> {
    for (const root of this.#roots()) await deleteCgroup(root, this.path);
  }

  onOutOfMemory(listener: () => void): () => void {
    return onOutOfMemory(this.#directory("memory"), listener);
  }

  #directories(): string[] {
    return this.#roots().map((root) => root + this.path);
  }

  /** The trees; the freezer's first, because it is the one that tells who is in the cgroup. */
  #roots(): string[] {
    const freezer = this.#mounts.get("freezer");
    return treesOf(this.#mounts).sort((a, b) => Number(b === freezer) - Number(a === freezer));
  }

  #directory(controller: string): string {
    const root = this.#mounts.get(controller);
    if (root === undefined)
      throw new Error(`Cannot use ${controller} for ${this.path}: this host has no such controller mounted`);
    return root + this.path;
  }
}
