/** Hearing of processes that the kernel kills for lack of memory, and how many it has killed. */
import type { CgroupPaths } from "./container-paths.ts";
import { ifPresent } from "./control-file.ts";
import { readOomControl } from "./v1/memory.ts";
import * as v1 from "./v1/out-of-memory.ts";
import * as v2 from "./v2/out-of-memory.ts";

/** What is heard of one cgroup. */
export interface OutOfMemoryListener {
  /** The kernel has killed a process of the cgroup (or, with v1's killer disabled, has put it to sleep). */
  readonly killed: () => void;
  /** Nothing more will come: the cgroup is gone. */
  readonly ended?: () => void;
}

/**
 * Listens to the memory controller of a cgroup. Keeps the program running until it is stopped or has ended.
 *
 * @param paths - Of a `Cgroup`, or as a container's state recorded them.
 * @returns Stops listening; call it before the cgroup is deleted, unless `ended` is to be heard.
 * @throws {Error} When the host has no memory controller for the cgroup.
 */
export function onOutOfMemory(paths: CgroupPaths, listener: OutOfMemoryListener): () => void {
  if (paths.memory !== undefined) return v1.onOutOfMemory(paths.memory, listener);
  if (paths[""] !== undefined) return v2.onOutOfMemory(paths[""], listener);
  throw new Error("Cannot hear of processes killed for lack of memory: the cgroup has no memory controller");
}

/** How many processes of a cgroup the kernel has killed for lack of memory; 0 where it doesn't count. */
export function oomKills(paths: CgroupPaths): number {
  const { memory, "": unified } = paths;
  if (memory !== undefined) return ifPresent(() => readOomControl(memory).oomKills) ?? 0;
  return (unified !== undefined && ifPresent(() => v2.readOomKills(unified))) || 0;
}
