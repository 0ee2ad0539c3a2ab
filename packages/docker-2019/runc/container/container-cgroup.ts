/**
 * The cgroup of a container from its making to its end, in one of two ways:
 *
 *     by hand          the directories and their limits first, then the bootstrap, which is born there or joins them
 *     --systemd-cgroup the bootstrap first: systemd makes a unit around it, and it waits meanwhile
 *
 * state.json remembers which, so that `update` and `delete` go the same way.
 */
import type { Cgroup } from "@eras/cgroups/cgroup.ts";
import { type CgroupPaths, containerCgroupPaths } from "@eras/cgroups/container-paths.ts";
import { limitsByController } from "@eras/cgroups/controller-limits.ts";
import { containerDeviceRules } from "@eras/cgroups/default-devices.ts";
import { cgroupMode } from "@eras/cgroups/detect.ts";
import { openCgroupAt } from "@eras/cgroups/open.ts";
import { present } from "@eras/cgroups/present.ts";
import type { SystemdCgroup } from "@eras/cgroups/systemd/systemd-cgroup.ts";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import type { LinuxResources } from "@eras/oci-spec/runtime/config-linux.ts";
import { isTraced } from "@eras/trace/context.ts";
import type { TraceObject } from "@eras/trace/event.ts";
import { traceObject } from "@eras/trace/object.ts";
import { step } from "../../step.ts";
import { failureText } from "../error-text.ts";
import { log } from "../log.ts";
import { cgroupOwner } from "./cgroup-owner.ts";
import type { ContainerState } from "./state.ts";

/** What of a container's state says where its cgroup is. */
type CgroupState = Pick<ContainerState, "id" | "config" | "cgroup_paths">;

/** A cgroup that is ready for its first process, or that begins with it. */
export interface NewCgroup {
  readonly cgroup: Cgroup;
  /** For the latter: makes the cgroup around a process; anew if it is called again. */
  readonly admit?: (pid: number) => Promise<void>;
  /** For the former, when the init has furnished the container: what is too little for it is told of then, by the kernel. */
  readonly limitInit?: () => void;
}

/** Where a container's cgroup will be. @throws {Error} When the path can't be meant, or systemd is asked for and doesn't run. */
export function plannedCgroupPaths({
  id,
  config,
}: Omit<CgroupState, "cgroup_paths">): Promise<CgroupPaths> | CgroupPaths {
  const { path, Systemd: systemd } = config.cgroups;
  if (systemd) return withUnit({ id, config }, async ({ cgroup }) => cgroup.paths);
  return containerCgroupPaths(path, id);
}

/** For a trace: by its directory in one of its trees. */
function cgroupObject(paths: CgroupPaths, change: TraceObject["change"]): TraceObject {
  return { type: "cgroup", id: Object.values(paths)[0] ?? "", change };
}

/** Makes a container's cgroup, with its limits, but for those of its processes and their memory: see {@link NewCgroup}. */
export async function makeContainerCgroup(spec: Spec, state: CgroupState): Promise<NewCgroup> {
  step("runc.make-cgroup", { resources: spec.linux?.resources }, cgroupObject(state.cgroup_paths, "create"));
  const { path, Systemd: systemd, Rootless: rootless } = state.config.cgroups;
  if (systemd) return { cgroup: openCgroupAt(state.cgroup_paths), admit: unitStarter(spec, state) };
  const cgroup = rootless && path === "" ? await makeWherePermitted(state.cgroup_paths) : make(state.cgroup_paths);
  const { memory, pids, unified } = spec.linux?.resources ?? {};
  await setLimits(spec, rootless, cgroup.paths, async (resources) => cgroup.set(withoutLater(resources)));
  if (!memory && !pids && !unified) return { cgroup };
  return { cgroup, limitInit: () => limitInit(cgroup, present({ memory, pids, unified })) };
}

/**
 * Looks whether the cgroup is there already: made by somebody for this container, or for others. Call before anything of it is ours.
 *
 * @throws {Error} When it is frozen: our bootstrap would stop there for ever.
 */
export function checkExistingCgroup(paths: CgroupPaths): void {
  const cgroup = openCgroupAt(paths);
  if (!cgroup.exists()) return;
  if (cgroup.freezerState() !== "THAWED") throw new Error("container's cgroup unexpectedly frozen");
  const { length } = cgroup.pids();
  if (length > 0) log("warning", `container's cgroup is not empty: ${length} process(es) found`);
}

function make(paths: CgroupPaths): Cgroup {
  const cgroup = openCgroupAt(paths);
  cgroup.create();
  return cgroup;
}

async function makeWherePermitted(paths: CgroupPaths): Promise<Cgroup> {
  const { createWherePermitted } = await import("@eras/cgroups/rootless.ts");
  return createWherePermitted(paths);
}

/** v2's own files come with them, for they are to have the last word. */
function withoutLater({ memory: _, pids: __, unified: ___, ...resources }: LinuxResources): LinuxResources {
  return resources;
}

function limitInit(cgroup: Cgroup, limits: LinuxResources): void {
  try {
    cgroup.set(limits);
  } catch (error) {
    throw limitFailure(error as Error);
  }
}

/** In runc's words, for which the limits are a part of the container's beginning. */
function limitFailure(error: Error): Error {
  const where = "error during container init: error setting cgroup config for procHooks process";
  return new Error(`${where}: ${failureText(error)}`, { cause: error });
}

/** Devices are not for users to limit: for them it is tried, and other limits must have a place. */
async function setLimits(
  { linux = {} }: Spec,
  rootless: boolean,
  paths: CgroupPaths,
  set: (resources: LinuxResources) => Promise<void>,
): Promise<void> {
  const { devices, ...resources } = linux.resources ?? {};
  const ownDevices = linux.devices?.map(({ path }) => path);
  const rules = containerDeviceRules(devices, ownDevices);
  try {
    if (!rootless) return await set({ ...resources, devices: rules });
    checkPlaces(resources, paths);
    await set(resources);
  } catch (error) {
    throw limitFailure(error as Error);
  }
  await set({ devices: rules }).catch(() => {});
}

function checkPlaces(resources: LinuxResources, paths: CgroupPaths): void {
  for (const controller of Object.keys(limitsByController(resources))) {
    if (paths[controller] ?? paths[""]) continue;
    throw new Error(`cannot set ${controller} limit: container could not join or create cgroup`);
  }
}

/** A bootstrap that could not fork is followed by another one. Its unit may be there still: see `tryFork` in packages/linux/fork.ts. */
function unitStarter(spec: Spec, state: CgroupState): (pid: number) => Promise<void> {
  let started = false;
  return async (pid) => {
    if (started) await withUnit(state, (unit) => unit.stop());
    started = true;
    await startUnit(spec, state, pid);
  };
}

async function startUnit(spec: Spec, state: CgroupState, pid: number): Promise<void> {
  const { annotationProperties } = await import("@eras/cgroups/systemd/annotation-properties.ts");
  await withUnit(state, async (unit) => {
    await unit.start(pid, annotationProperties(spec.annotations ?? {}));
    const { Rootless: rootless } = state.config.cgroups;
    await setLimits(spec, rootless, state.cgroup_paths, (resources) => unit.set(resources));
  });
  await giveToUser(spec, state.cgroup_paths);
}

/** As runc, where systemd makes the cgroup and there is v2 alone: v1's can't be divided safely. */
async function giveToUser(spec: Spec, { "": dir }: CgroupPaths): Promise<void> {
  const owner = cgroupOwner(spec);
  if (owner === undefined || dir === undefined || cgroupMode() !== "v2") return;
  const { delegateCgroup } = await import("@eras/cgroups/v2/delegate.ts");
  delegateCgroup(dir, owner);
}

/** Changes limits of a container that is there: of its cgroup, or of the unit of systemd that it is. */
export async function setContainerResources(state: CgroupState, resources: LinuxResources): Promise<void> {
  if (state.config.cgroups.Systemd) await withUnit(state, (unit) => unit.set(resources));
  else openCgroupAt(state.cgroup_paths).set(resources);
}

/** Removes a container's cgroup; none is fine. @throws {Error} When a process is in it that doesn't end. */
export async function removeContainerCgroup(state: CgroupState): Promise<void> {
  if (isTraced()) await tellCounters(state.cgroup_paths);
  if (state.config.cgroups.Systemd) await withUnit(state, (unit) => unit.stop());
  else await openCgroupAt(state.cgroup_paths).delete();
}

/** For a trace: the kernel forgets it with the cgroup. */
async function tellCounters(paths: CgroupPaths): Promise<void> {
  const { countedIn } = await import("@eras/cgroups/counted.ts");
  traceObject(cgroupObject(paths, "remove"), () => countedIn(paths));
}

/** A command needs systemd for a moment, and most need none: so it is loaded and called anew each time. */
async function withUnit<Result>(
  { id, config, cgroup_paths: recorded }: Omit<CgroupState, "cgroup_paths"> & Partial<CgroupState>,
  use: (unit: SystemdCgroup) => Promise<Result>,
): Promise<Result> {
  const { SystemdManager } = await import("@eras/cgroups/systemd/manager.ts");
  const { SystemdCgroup } = await import("@eras/cgroups/systemd/systemd-cgroup.ts");
  const { path, Rootless: rootless } = config.cgroups;
  const scope = rootless ? "user" : "system";
  const manager = await SystemdManager.open(scope);
  try {
    return await use(await SystemdCgroup.open(manager, path, id, scope, recorded));
  } finally {
    manager.close();
  }
}
