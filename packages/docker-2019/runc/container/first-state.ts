/** What is known of a container before it is made. */
import { readlinkSync } from "node:fs";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import type { LinuxIntelRdt } from "@eras/oci-spec/runtime/config-linux.ts";
import { plannedCgroupPaths } from "./container-cgroup.ts";
import type { CreateRequest } from "./create-container.ts";
import type { ContainerState } from "./state.ts";

/**
 * The state that is written first: without a process, but with all that a later `delete --force` must look for.
 *
 * @param rootfs - Absolute.
 * @throws {Error} When the cgroup's path can't be meant, or the machine can't share its cache and that is asked for.
 */
export async function firstState(
  spec: Spec,
  { id, bundle, globals }: Pick<CreateRequest, "id" | "bundle" | "globals">,
  rootfs: string,
): Promise<ContainerState> {
  const annotations = Object.entries(spec.annotations ?? {}).map(([key, value]) => `${key}=${value}`);
  const config = {
    rootfs,
    hostname: spec.hostname ?? "",
    labels: [...annotations, `bundle=${bundle}`],
    cgroups: { path: spec.linux?.cgroupsPath ?? "", Systemd: globals.systemdCgroup, Rootless: globals.rootless },
  };
  return {
    id,
    init_process_pid: 0,
    init_process_start: 0,
    created: timestamp(),
    config,
    rootless: process.geteuid!() !== 0,
    cgroup_paths: await plannedCgroupPaths({ id, config }),
    namespace_paths: {},
    external_descriptors: [0, 1, 2].map(descriptorTarget),
    intel_rdt_path: spec.linux?.intelRdt ? await resctrlGroup(id, spec.linux.intelRdt) : "",
    bundle,
    spec,
  };
}

/** Most containers have none, and go without the module. */
async function resctrlGroup(id: string, intelRdt: LinuxIntelRdt): Promise<string> {
  const { plannedGroup } = await import("./resctrl.ts");
  return plannedGroup(id, intelRdt);
}

/** RFC 3339 with nanoseconds, as Go prints it; the clock of `Date` has milliseconds. */
function timestamp(): string {
  return new Date().toISOString().replace("Z", "000000Z");
}

/** What a descriptor of ours is: `/dev/null`, `pipe:[1234]`; empty if it is closed. */
export function descriptorTarget(fd: number): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return ""; // closed
  }
}
