/** POST /containers/ID/update: new limits for a container, running or not, and a new restart policy. */
import { Conflict } from "@eras/oci-spec/errdefs.ts";
import type { HostConfig, Resources, RestartPolicy } from "../../engine-api/container-config.ts";
import type { DaemonDefaults } from "./daemon-defaults.ts";
import { restarts, verifyHostConfig } from "./verify-host-config.ts";
import type { Verified } from "./verify-resources.ts";

export interface UpdateRequest extends Resources {
  readonly RestartPolicy?: RestartPolicy;
}

/** Members that replace the old where they are more than nothing. Those of disks and devices stay as they were created. */
const UPDATED = [
  "BlkioWeight",
  "CpuShares",
  "NanoCpus",
  "CpuPeriod",
  "CpuQuota",
  "CpusetCpus",
  "CpusetMems",
  "Memory",
  "MemorySwap",
  "MemoryReservation",
  "KernelMemory",
  "CpuRealtimePeriod",
  "CpuRealtimeRuntime",
] as const satisfies readonly (keyof Resources)[];

/** @throws {InvalidArgument} When it makes no sense by itself. */
export function verifyUpdate(
  request: UpdateRequest,
  daemon: DaemonDefaults,
  knowsPidsLimit: boolean,
): Verified<UpdateRequest> {
  const { PidsLimit = null } = request;
  const asked = { ...request, PidsLimit: knowsPidsLimit && PidsLimit !== null ? Math.max(PidsLimit, 0) : null };
  const { value, warnings } = verifyHostConfig(asked, daemon, { isUpdate: true });
  return { value, warnings };
}

/** The container's with the update's. @throws {Conflict} When they contradict each other. */
export function updateHostConfig(id: string, old: HostConfig, update: UpdateRequest): HostConfig {
  const conflict = conflictOf(old, update);
  if (conflict !== undefined) throw new Conflict(`Cannot update container ${id}: ${conflict}`);
  const changed = Object.fromEntries(UPDATED.flatMap((member) => (update[member] ? [[member, update[member]]] : [])));
  return {
    ...old,
    ...changed,
    ...(typeof update.PidsLimit === "number" && { PidsLimit: update.PidsLimit }),
    ...(update.RestartPolicy?.Name && { RestartPolicy: update.RestartPolicy }),
  };
}

/** `--cpus` and `--cpu-period` say the same in two ways: a container has the one that it began with. */
function conflictOf(old: HostConfig, update: UpdateRequest): string | undefined {
  const has = (resources: Resources, member: "NanoCpus" | "CpuPeriod" | "CpuQuota") => (resources[member] ?? 0) > 0;
  if (has(update, "NanoCpus") && has(old, "CpuPeriod"))
    return "Conflicting options: Nano CPUs cannot be updated as CPU Period has already been set";
  if (has(update, "NanoCpus") && has(old, "CpuQuota"))
    return "Conflicting options: Nano CPUs cannot be updated as CPU Quota has already been set";
  if (has(update, "CpuPeriod") && has(old, "NanoCpus"))
    return "Conflicting options: CPU Period cannot be updated as NanoCPUs has already been set";
  if (has(update, "CpuQuota") && has(old, "NanoCpus"))
    return "Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set";
  const { Memory = 0, MemorySwap = 0 } = update;
  if (Memory !== 0 && Memory > (old.MemorySwap ?? 0) && MemorySwap === 0)
    return "Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time";
  if (old.AutoRemove && restarts(update.RestartPolicy))
    return "Restart policy cannot be updated because AutoRemove is enabled for the container";
  return undefined;
}
