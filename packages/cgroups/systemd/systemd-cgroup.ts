/**
 * The cgroup of a container as a unit of systemd.
 *
 *     const manager = await SystemdManager.open("system");
 *     const container = await SystemdCgroup.open(manager, linux.cgroupsPath, id, "system");
 *     await container.start(pid);           StartTransientUnit, with the process in it; then the trees that systemd doesn't know
 *     await container.set(resources);       SetUnitProperties, then the control files
 *     container.cgroup                      signals, statistics, freezing as ever
 *     await container.stop();               StopUnit, then what of the cgroup is left
 *     manager.close();
 */
import type { LinuxResources } from "@eras/oci-spec/runtime/config-linux.ts";
import type { Cgroup } from "../cgroup.ts";
import type { CgroupPaths } from "../container-paths.ts";
import { openCgroupAt } from "../open.ts";
import type { SystemdManager, UnitProperty } from "./manager.ts";
import { type SystemdUnit, systemdUnit, unitCgroupPaths } from "./unit.ts";
import { resourceProperties, unitProperties } from "./unit-properties.ts";

/** Which systemd owns the cgroup: the host's, or a user's. */
export type SystemdScope = "system" | "user";

export class SystemdCgroup {
  readonly unit: SystemdUnit;
  readonly cgroup: Cgroup;
  readonly #manager: SystemdManager;

  /**
   * A container's cgroup, which need not exist yet.
   *
   * @param cgroupsPath - Of config.json.
   * @param recorded - The directories, where an earlier command has recorded them.
   * @throws {Error} When systemd doesn't run here.
   */
  static async open(
    manager: SystemdManager,
    cgroupsPath: string | undefined,
    id: string,
    scope: SystemdScope,
    recorded?: CgroupPaths,
  ): Promise<SystemdCgroup> {
    const unit = systemdUnit(cgroupsPath, id, `${scope}.slice`);
    const managerCgroup = scope === "user" ? await manager.property("ControlGroup") : "/";
    return new SystemdCgroup(manager, unit, openCgroupAt(recorded ?? unitCgroupPaths(unit, managerCgroup)));
  }

  private constructor(manager: SystemdManager, unit: SystemdUnit, cgroup: Cgroup) {
    this.#manager = manager;
    this.unit = unit;
    this.cgroup = cgroup;
  }

  get #isV2(): boolean {
    return Object.keys(this.cgroup.paths).join() === "";
  }

  /**
   * Makes the cgroup around a process: systemd makes the unit, and we what systemd leaves out, which is cpuset and freezer on v1.
   *
   * @param more - Properties that the container asks for: `annotationProperties`.
   */
  async start(pid: number, more: readonly UnitProperty[] = []): Promise<void> {
    await this.#manager.startTransientUnit(this.unit.name, [...unitProperties(this.unit, pid, this.#isV2), ...more]);
    try {
      this.cgroup.create();
      this.cgroup.addProcess(pid);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Sets limits: systemd's first, which would undo others of ours, then all of them in the control files. */
  async set(resources: LinuxResources): Promise<void> {
    const properties = resourceProperties(resources, this.#isV2);
    if (properties.length > 0) await this.#manager.setUnitProperties(this.unit.name, properties);
    this.cgroup.set(resources);
  }

  /** Kills what is in the unit, and removes it with its cgroup. */
  async stop(): Promise<void> {
    await this.#manager.stopUnit(this.unit.name);
    await this.cgroup.delete();
  }
}
