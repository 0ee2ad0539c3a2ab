/** A cgroup on v2: one directory, in which each controller has its files. */
import { existsSync } from "node:fs";
import { isErrno } from "@eras/linux/errno.ts";
import type { LinuxResources } from "@eras/oci-spec/runtime/config-linux.ts";
import { deleteCgroup, makeCgroup } from "../ancestors.ts";
import type { Cgroup, FreezerState } from "../cgroup.ts";
import { pidsBelow } from "../cgroup-path.ts";
import type { CgroupPaths } from "../container-paths.ts";
import { readControlFile, writeControlFile } from "../control-file.ts";
import { type ControllerLimits, limitsByController } from "../controller-limits.ts";
import { ALL_DEVICES, type DeviceList, deviceListOf } from "../device-list.ts";
import { setPids } from "../pids.ts";
import { setRdma } from "../rdma.ts";
import { killFrozen, SIGKILL, signalFrozen } from "../signal-all.ts";
import { availableControllers, enableControllers } from "./controllers.ts";
import { setCpu } from "./cpu.ts";
import { setCpuset } from "./cpuset.ts";
import { setDevices } from "./devices.ts";
import { reachesState } from "./events.ts";
import { freeze, readFreezerState, thaw } from "./freezer.ts";
import { setHugetlb } from "./hugetlb.ts";
import { setIo } from "./io.ts";
import { parseDeviceRule, parseFreezerState, translateLegacyFile } from "./legacy-files.ts";
import { setMemory } from "./memory.ts";

const GIVE_UP_KILLING_AFTER_MS = 10_000;

export class V2Cgroup implements Cgroup {
  readonly path: string;
  readonly #root: string;
  readonly #dir: string;
  /** Why an ancestor could not hand on all controllers when the cgroup was made. */
  #refusal: unknown;
  /** What `writeFile` has made of the devices so far: v1's files add to a list that v2's kernel doesn't keep. */
  #devices: DeviceList = ALL_DEVICES;

  constructor(path: string, root: string) {
    this.path = path;
    this.#root = root;
    this.#dir = root + path;
  }

  get paths(): CgroupPaths {
    return { "": this.#dir };
  }

  create(): void {
    this.make();
    try {
      this.enable(this.availableControllers());
    } catch (error) {
      this.#refusal = error; // most cgroups need none of them, so it is news only for a limit that does
    }
  }

  /** Makes the directory, which then has no more controllers than its parent has handed on before. @returns What was not there. */
  make(): string[] {
    const made = makeCgroup(this.#root, this.path);
    for (const dir of made) makeThreadedBelowThreads(dir);
    return made;
  }

  /** On a hybrid host those that no v1 tree took. */
  availableControllers(): string[] {
    return availableControllers(this.#root);
  }

  /** Has the ancestors hand on controllers. @throws {Error} When one can't. */
  enable(controllers: readonly string[]): void {
    enableControllers(this.#root, this.path, controllers);
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

  set({ unified = {}, ...resources }: LinuxResources): void {
    this.#explaining(() => {
      this.setLimits(limitsByController(resources));
      for (const [name, value] of Object.entries(unified)) this.#writeOwnFile(name, value);
    });
  }

  /** The same by controller. v2 has none for marks on packets: firewalls match cgroups by their paths, and runc passes over it. */
  setLimits({ cpuset, memory, cpu, pids, blkio, hugetlb, rdma, devices }: ControllerLimits): void {
    if (cpuset !== undefined) setCpuset(this.#dir, cpuset);
    if (memory !== undefined) setMemory(this.#dir, memory);
    if (cpu !== undefined) setCpu(this.#dir, cpu);
    if (pids !== undefined) setPids(this.#dir, pids);
    if (blkio !== undefined) setIo(this.#dir, blkio);
    if (hugetlb !== undefined) setHugetlb(this.#dir, hugetlb);
    if (rdma !== undefined) setRdma(this.#dir, rdma);
    if (devices !== undefined) this.#setDevices(deviceListOf(devices));
  }

  /** A control file that is not there is a controller that an ancestor could not hand on. */
  #explaining(set: () => void): void {
    try {
      set();
    } catch (error) {
      throw this.#refusal !== undefined && isErrno(error, "ENOENT") ? this.#refusal : error;
    }
  }

  #setDevices(list: DeviceList): void {
    setDevices(this.#dir, list);
    this.#devices = list;
  }

  writeFile(controlFile: string, value: string): void {
    const limits = translateLegacyFile(controlFile, value);
    if (limits !== undefined) this.#explaining(() => this.setLimits(limits));
    else if (controlFile === "devices.allow") this.#addDeviceRule(true, value);
    else if (controlFile === "devices.deny") this.#addDeviceRule(false, value);
    else if (controlFile === "freezer.state") writeControlFile(this.#dir, "cgroup.freeze", parseFreezerState(value));
    else this.#writeOwnFile(controlFile, value);
  }

  #addDeviceRule(allow: boolean, value: string): void {
    this.#setDevices(deviceListOf([parseDeviceRule(allow, value)], this.#devices));
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

  freezerState(): FreezerState {
    return readFreezerState(this.#dir);
  }

  pids(): number[] {
    return pidsBelow(this.#dir);
  }

  async signalAll(signal: number): Promise<void> {
    if (!this.exists()) return;
    if (signal === SIGKILL && this.#canKillAtOnce()) writeControlFile(this.#dir, "cgroup.kill", 1);
    else await signalFrozen(this, signal);
  }

  /** cgroup.kill, since Linux 5.14, kills everybody at once, those being forked too. */
  #canKillAtOnce(): boolean {
    return existsSync(`${this.#dir}/cgroup.kill`);
  }

  async killAll(): Promise<void> {
    if (!this.#canKillAtOnce()) return killFrozen(this);
    writeControlFile(this.#dir, "cgroup.kill", 1);
    if (await reachesState(this.#dir, "populated", 0, GIVE_UP_KILLING_AFTER_MS)) return;
    throw new Error(`Cannot kill the processes ${this.pids().join(", ")} of ${this.path}`);
  }

  delete(): Promise<void> {
    return deleteCgroup(this.#root, this.path);
  }
}

/**
 * Below a cgroup whose processes are spread over its children thread by thread, a new cgroup is of no use until it says that it takes
 * part in that; it then has the controllers that can tell threads apart, and not memory.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html#threads
 */
function makeThreadedBelowThreads(dir: string): void {
  if (readControlFile(dir, "cgroup.type") === "domain invalid") writeControlFile(dir, "cgroup.type", "threaded");
}
