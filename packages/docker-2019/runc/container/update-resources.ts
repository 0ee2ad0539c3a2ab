/**
 * Changes of a container's limits. A change names some of them, and leaves the others as they are; what it has come to is remembered in the
 * container's configuration.
 *
 * 0 and "" name nothing: callers such as Docker send every field.
 */
import type { LinuxResources } from "@eras/oci-spec/runtime/config-linux.ts";
import { log } from "../log.ts";
import type { Container } from "./container.ts";
import { setContainerResources } from "./container-cgroup.ts";
import type { ContainerState } from "./state.ts";

type Group = Readonly<Record<string, unknown>>;
type Groups = Readonly<Record<string, unknown>>;

/** Where 0 says something. */
const ZERO_COUNTS: ReadonlySet<string> = new Set(["swappiness", "burst", "idle"]);

/**
 * Applies a change.
 *
 * @returns The container's state with it, to be saved.
 * @throws {Error} When the kernel refuses a limit; those before it are then set back.
 */
export async function updateResources(container: Container, change: LinuxResources): Promise<ContainerState> {
  const { spec } = container.state;
  const before = spec.linux?.resources ?? {};
  try {
    await setContainerResources(container.state, change);
  } catch (error) {
    await setBack(container, change, before);
    throw error;
  }
  const linux = { ...spec.linux, resources: mergeResources(before, change) };
  return { ...container.state, spec: { ...spec, linux } };
}

async function setBack(container: Container, change: LinuxResources, before: LinuxResources): Promise<void> {
  try {
    await setContainerResources(container.state, inverse(change, before));
  } catch (error) {
    const { message } = error as Error;
    log(
      "warning",
      `Cannot set the limits of ${container.id} back, which may now be others than its state says: ${message}`,
    );
  }
}

/** Both together; where both name a limit, the change does. */
export function mergeResources(before: LinuxResources, change: LinuxResources): LinuxResources {
  const merged = Object.entries(change).map(([name, value]) => [name, mergeGroup((before as Groups)[name], value)]);
  return { ...before, ...Object.fromEntries(merged) };
}

/** Lists replace each other: there is no telling which of their elements are the same. */
function mergeGroup(before: unknown, change: unknown): unknown {
  return isGroup(change) ? { ...(isGroup(before) ? before : {}), ...named(change) } : change;
}

function named(group: Group): Group {
  const says = ([name, value]: [string, unknown]) => (value !== 0 || ZERO_COUNTS.has(name)) && value !== "";
  return Object.fromEntries(Object.entries(group).filter(says));
}

/** What a cgroup has that nobody limits. */
const NO_LIMITS: LinuxResources = {
  memory: { limit: -1, reservation: -1, swap: -1 },
  cpu: { shares: 1024, quota: -1, period: 100_000 },
  pids: { limit: -1 },
};

/** What undoes a change, as far as it can be known. */
export function inverse(change: LinuxResources, before: LinuxResources): LinuxResources {
  const groups = Object.entries(change).filter(([, value]) => isGroup(value)) as [string, Group][];
  const undone = groups.map(([name, group]) => {
    const known = { ...(NO_LIMITS as Groups)[name]!, ...(before as Groups)[name]! } as Group;
    return [name, Object.fromEntries(Object.entries(known).filter(([limit]) => limit in named(group)))];
  });
  return Object.fromEntries(undone);
}

function isGroup(value: unknown): value is Group {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
