/** What a container has used, in a few words: for a trace, before the kernel forgets it with the cgroup. */
import type { CgroupPaths } from "./container-paths.ts";
import { readCgroupStats } from "./read-stats.ts";

/** @returns Nanoseconds, bytes and how often; what the host has no controller for is left out. */
export function countedIn(paths: CgroupPaths): Record<string, number> {
  const { cpu, throttling, memory, pids } = readCgroupStats(paths);
  return {
    ...(cpu && { cpuNs: cpu.usageNs }),
    ...(throttling && { throttledNs: throttling.throttledNs }),
    ...(memory?.peakBytes !== undefined && { memoryPeakBytes: memory.peakBytes }),
    ...(memory && { memoryLimitHits: memory.limitHits }),
    ...(pids && { refusedForks: pids.limitHits }),
  };
}
