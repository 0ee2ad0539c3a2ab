/** Flags of `run`, `create` and `update` that limit what a container uses. */
import type { Resources } from "../../engine-api/container-config.ts";
import { flag, numberFlag, parsedFlag } from "../command.ts";
import { parseByteSize, parseSwapSize } from "./byte-size.ts";
import { parseCpus } from "./limits.ts";

export interface LimitFlags {
  readonly blkioWeight?: number;
  readonly cpuPeriod?: number;
  readonly cpuQuota?: number;
  readonly cpuRtPeriod?: number;
  readonly cpuRtRuntime?: number;
  readonly cpuShares?: number;
  readonly cpus?: number;
  readonly cpusetCpus?: string;
  readonly cpusetMems?: string;
  readonly kernelMemory?: number;
  readonly memory?: number;
  readonly memoryReservation?: number;
  readonly memorySwap?: number;
  readonly pidsLimit?: number;
}

export const LIMIT_OPTIONS = [
  numberFlag("--blkio-weight <uint16>", "Block IO (relative weight), between 10 and 1000, or 0 to disable (default 0)"),
  numberFlag("--cpu-period <int>", "Limit CPU CFS (Completely Fair Scheduler) period"),
  numberFlag("--cpu-quota <int>", "Limit CPU CFS (Completely Fair Scheduler) quota"),
  numberFlag("-c, --cpu-shares <int>", "CPU shares (relative weight)"),
  parsedFlag("--cpus <decimal>", "Number of CPUs", parseCpus),
  flag("--cpuset-cpus <string>", "CPUs in which to allow execution (0-3, 0,1)"),
  flag("--cpuset-mems <string>", "MEMs in which to allow execution (0-3, 0,1)"),
  parsedFlag("--kernel-memory <bytes>", "Kernel memory limit", parseByteSize),
  parsedFlag("-m, --memory <bytes>", "Memory limit", parseByteSize),
  parsedFlag("--memory-reservation <bytes>", "Memory soft limit", parseByteSize),
  parsedFlag(
    "--memory-swap <bytes>",
    "Swap limit equal to memory plus swap: '-1' to enable unlimited swap",
    parseSwapSize,
  ),
  numberFlag("--pids-limit <int>", "Tune container pids limit (set -1 for unlimited)"),
];

/** What a request says of them; 0 and nothing mean that there is no limit, or that it stays. */
export function limits(flags: LimitFlags): Resources {
  return {
    BlkioWeight: flags.blkioWeight ?? 0,
    CpuPeriod: flags.cpuPeriod ?? 0,
    CpuQuota: flags.cpuQuota ?? 0,
    CpuRealtimePeriod: flags.cpuRtPeriod ?? 0,
    CpuRealtimeRuntime: flags.cpuRtRuntime ?? 0,
    CpuShares: flags.cpuShares ?? 0,
    NanoCpus: flags.cpus ?? 0,
    CpusetCpus: flags.cpusetCpus ?? "",
    CpusetMems: flags.cpusetMems ?? "",
    KernelMemory: flags.kernelMemory ?? 0,
    Memory: flags.memory ?? 0,
    MemoryReservation: flags.memoryReservation ?? 0,
    MemorySwap: flags.memorySwap ?? 0,
  };
}
