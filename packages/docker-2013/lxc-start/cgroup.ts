/**
 * The cgroup of a container: lxc-start makes it and sets its limits.
 *
 * The init joins it by itself (join-cgroup.ts): that is cheaper than being moved, and it does so late, so that the memory of Node's
 * start doesn't count.
 */

import { callerFiles } from "@eras/cgroups/caller-files.ts";
import type { Cgroup } from "@eras/cgroups/cgroup.ts";
import { openCgroup } from "@eras/cgroups/open.ts";
import { isTraced } from "@eras/trace/context.ts";
import { traceObject } from "@eras/trace/object.ts";
import { containerCgroupPath } from "../container-cgroup.ts";
import { step } from "../step.ts";
import type { ContainerConfig } from "./config.ts";

/** The container's cgroup. */
export interface ContainerCgroup {
  /** The init joins by writing to these: join-cgroup.ts. */
  readonly joinFiles: readonly string[];
  delete(): Promise<void>;
}

/**
 * Makes the container's cgroup with the limits of `lxc.cgroup.*`.
 *
 * @throws {Error} When a container of that name runs, or the kernel refuses a limit: then there is no cgroup.
 */
export async function createCgroup(name: string, { cgroup: settings }: ContainerConfig): Promise<ContainerCgroup> {
  step("lxc-start.cgroup", { settings }, { type: "cgroup", id: containerCgroupPath(name), change: "create" });
  const cgroup = openCgroup(containerCgroupPath(name));
  if (cgroup.exists()) await removeLeftover(cgroup, name);
  cgroup.create();
  try {
    for (const [controlFile, value] of settings) cgroup.writeFile(controlFile, value);
  } catch (error) {
    await cgroup.delete();
    throw error;
  }
  return { delete: () => remove(cgroup, name), joinFiles: callerFiles(cgroup.path) };
}

async function remove(cgroup: Cgroup, name: string): Promise<void> {
  if (isTraced()) await tellCounters(cgroup, name);
  await cgroup.delete();
}

/** For a trace: the kernel forgets it with the cgroup. */
async function tellCounters({ paths }: Cgroup, name: string): Promise<void> {
  const { countedIn } = await import("@eras/cgroups/counted.ts");
  traceObject({ type: "cgroup", id: containerCgroupPath(name), change: "remove" }, () => countedIn(paths));
}

/** An lxc-start that was killed leaves an empty cgroup, with limits of its own. */
async function removeLeftover(cgroup: Cgroup, name: string): Promise<void> {
  if (cgroup.pids().length > 0) throw new Error(`Cannot start ${name}: it is already running`);
  await cgroup.delete();
}
