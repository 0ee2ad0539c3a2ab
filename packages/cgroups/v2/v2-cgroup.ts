/** A cgroup on v2: one directory, in which each controller has its files. */

import { existsSync } from "node:fs";
import type { DeviceRule } from "@eras/linux/device-program.ts";
import { deleteCgroup, makeCgroup } from "../ancestors.ts";
import type { Cgroup } from "../cgroup.ts";
import { pidsBelow } from "../cgroup-path.ts";
import { ifPresent, writeControlFile } from "../control-file.ts";
import { killFrozen } from "../kill-frozen.ts";
import { readPidsStats, setPids } from "../pids.ts";
import { removeEmpty } from "../remove.ts";
import type { CgroupResources } from "../resources.ts";
import { type CgroupStats, present, readPressureStats } from "../stats.ts";
import { availableControllers, enableControllers } from "./controllers.ts";
import { readCpuStats, setCpu } from "./cpu.ts";
import { setCpuset } from "./cpuset.ts";
import { setDevices } from "./devices.ts";
import { reachesState } from "./events.ts";
import { freeze, thaw } from "./freezer.ts";
import { readHugetlbStats, setHugetlb } from "./hugetlb.ts";
import { readIoStats, setIo } from "./io.ts";
import { parseDeviceRule, parseFreezerState, translateLegacyFile } from "./legacy-files.ts";
import { readMemoryStats, setMemory } from "./memory.ts";
import { onOutOfMemory } from "./out-of-memory.ts";

const GIVE_UP_KILLING_AFTER_MS = 10_000;

export class V2Cgroup implements Cgroup {
  readonly path: string;
  readonly #root: string;
  readonly #dir: string;
  /** What `writeFile` has added so far: v1's files add to a list that v2's kernel doesn't keep. */
  #deviceRules: readonly DeviceRule[] = [];

  constructor(path: string, root: string) {
    this.path = path;
    this.#root = root;
    this.#dir = root + path;
  }

  create(): void {
    const made = makeCgroup(this.#root, this.path);
    try {
      enableControllers(this.#root, this.path, availableControllers(this.#root));
    } catch (error) {
      made.reverse().forEach(removeEmpty);
      throw error;
    }
  }

  exists(): boolean {
    return existsSync(this.#dir);
  }

  addProcess(pid: number): void {
    writeControlFile(this.#dir, "cgroup.procs", pid);
  }

  /** 0 is whoever writes. */
  addCaller(): void {
    this.addProcess(0);
  }

  set({ memory, cpu, pids, blockIO, hugepageLimits, devices, unified = {} }: CgroupResources): void {
    if (memory !== undefined) setMemory(this.#dir, memory);
    if (cpu !== undefined) {
      setCpuset(this.#dir, cpu);
      setCpu(this.#dir, cpu);
    }
    if (pids !== undefined) setPids(this.#dir, pids);
    if (blockIO !== undefined) setIo(this.#dir, blockIO);
    if (hugepageLimits !== undefined) setHugetlb(this.#dir, hugepageLimits);
    if (devices !== undefined) this.#setDevices(devices);
    for (const [name, value] of Object.entries(unified)) this.#writeOwnFile(name, value);
  }

  #setDevices(rules: readonly DeviceRule[]): void {
    setDevices(this.#dir, rules);
    this.#deviceRules = rules;
  }

  writeFile(controlFile: string, value: string): void {
    const resources = translateLegacyFile(controlFile, value);
    if (resources !== undefined) this.set(resources);
    else if (controlFile === "devices.allow") this.#addDeviceRule(parseDeviceRule(true, value));
    else if (controlFile === "devices.deny") this.#addDeviceRule(parseDeviceRule(false, value));
    else if (controlFile === "freezer.state") writeControlFile(this.#dir, "cgroup.freeze", parseFreezerState(value));
    else this.#writeOwnFile(controlFile, value);
  }

  #addDeviceRule(rule: DeviceRule): void {
    this.#setDevices([...this.#deviceRules, rule]);
  }

  /** The many files that are called the same on v1 and v2 (cpuset.cpus, pids.max), and v2's own. */
  #writeOwnFile(controlFile: string, value: string): void {
    if (!/^[a-z_]+\.[\w.]+$/.test(controlFile) || !existsSync(`${this.#dir}/${controlFile}`)) {
      throw new Error(`Cannot write "${value}" to ${controlFile} of ${this.path}: cgroup v2 has no such control file`);
    }
    writeControlFile(this.#dir, controlFile, value);
  }

  async freeze(): Promise<void> {
    if (this.pids().includes(process.pid)) throw new Error(`Cannot freeze ${this.path}: this process is in it`);
    await freeze(this.#dir);
  }

  thaw(): void {
    thaw(this.#dir);
  }

  pids(): number[] {
    return pidsBelow(this.#dir);
  }

  stats(): CgroupStats {
    const dir = this.#dir;
    return present({
      cpu: readCpuStats(dir), // v2 counts time in every cgroup; other controllers may be off
      memory: ifPresent(() => readMemoryStats(dir)),
      pids: ifPresent(() => readPidsStats(dir)),
      io: ifPresent(() => readIoStats(dir)),
      hugetlb: readHugetlbStats(dir),
      pressure: readPressureStats(dir),
    });
  }

  /** cgroup.kill, since Linux 5.14, kills everybody at once, those being forked too. */
  async killAll(): Promise<void> {
    if (!existsSync(`${this.#dir}/cgroup.kill`)) return killFrozen(this);
    writeControlFile(this.#dir, "cgroup.kill", 1);
    if (await reachesState(this.#dir, "populated", 0, GIVE_UP_KILLING_AFTER_MS)) return;
    throw new Error(`Cannot kill the processes ${this.pids().join(", ")} of ${this.path}`);
  }

  delete(): Promise<void> {
    return deleteCgroup(this.#root, this.path);
  }

  onOutOfMemory(listener: () => void): () => void {
    return onOutOfMemory(this.#dir, listener);
  }
}
