/**
 * A container as runc finds it: what its directory says, and what has become of its processes since.
 *
 *     creating ─▶ created ──start──▶ running ◀──pause, resume──▶ paused
 *                    └───────────────── its init ends ─────────────────▶ stopped ──delete──▶ gone
 *
 * Nobody keeps this up to date: the status is read off the fifo, the init and the freezer whenever somebody asks.
 */
import type { Cgroup } from "@eras/cgroups/cgroup.ts";
import { openCgroupAt } from "@eras/cgroups/open.ts";
import { processExists } from "@eras/linux/proc.ts";
import { OCI_VERSION } from "@eras/oci-spec/runtime/config.ts";
import type { ContainerStatus, State } from "@eras/oci-spec/runtime/state.ts";
import { isWaiting } from "./exec-fifo.ts";
import { type ContainerState, readState, stateDir } from "./state.ts";

export class Container {
  readonly dir: string;
  readonly state: ContainerState;

  private constructor(dir: string, state: ContainerState) {
    this.dir = dir;
    this.state = state;
  }

  /** @throws {NotFound} When there is no such container below `root`; {InvalidArgument} when that is no name. */
  static load(root: string, id: string): Container {
    const dir = stateDir(root, id);
    return new Container(dir, readState(dir));
  }

  get id(): string {
    return this.state.id;
  }

  get cgroup(): Cgroup {
    return openCgroupAt(this.state.cgroup_paths);
  }

  /** Whether the init runs. A zombie has ended, and a later process may have its number. */
  get hasInit(): boolean {
    const { init_process_pid: pid, init_process_start: start } = this.state;
    return pid > 0 && processExists(pid, start);
  }

  get status(): ContainerStatus {
    if (this.state.init_process_pid === 0) return "creating";
    if (!this.hasInit) return "stopped";
    if (this.cgroup.freezerState() !== "THAWED") return "paused";
    return isWaiting(this.dir) ? "created" : "running";
  }

  /** For hooks and for `runc state`. */
  toState(status = this.status): State {
    return containerState(this.state, status);
  }
}

/** What the specification calls the state of a container. */
export function containerState(state: ContainerState, status: ContainerStatus): State {
  const { annotations } = state.spec;
  return {
    ociVersion: state.spec.ociVersion ?? OCI_VERSION,
    id: state.id,
    status,
    ...(status !== "stopped" && state.init_process_pid > 0 && { pid: state.init_process_pid }),
    bundle: state.bundle,
    ...(annotations && { annotations }),
  };
}
