import type { ContainerUpdateResponse } from "../../../engine-api/container.ts";
import { flag, leaf, numberFlag, ONE_OR_MORE, parsedFlag } from "../../command.ts";
import { parseByteSize, parseSwapSize } from "../../container/byte-size.ts";
import { parseRestart } from "../../container/create-request.ts";
import { forEach } from "../../container/each.ts";
import { parseCpus } from "../../container/limits.ts";
import { printError } from "../../output/print.ts";

interface Flags {
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
  readonly restart?: string;
}

export const update = leaf<Flags>({
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  arguments: ONE_OR_MORE,
  options: [
    numberFlag(
      "--blkio-weight <uint16>",
      "Block IO (relative weight), between 10 and 1000, or 0 to disable (default 0)",
    ),
    numberFlag("--cpu-period <int>", "Limit CPU CFS (Completely Fair Scheduler) period"),
    numberFlag("--cpu-quota <int>", "Limit CPU CFS (Completely Fair Scheduler) quota"),
    numberFlag("--cpu-rt-period <int>", "Limit the CPU real-time period in microseconds"),
    numberFlag("--cpu-rt-runtime <int>", "Limit the CPU real-time runtime in microseconds"),
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
    flag("--restart <string>", "Restart policy to apply when a container exits"),
  ],
  async run({ docker: { api }, flags, args }) {
    if (Object.keys(flags).length === 0) throw new Error("you must provide one or more flags when using this command");
    const request = updateRequest(flags);
    const warnings: string[] = [];
    try {
      await forEach(args, async (name) => {
        const path = `/containers/${encodeURIComponent(name)}/update`;
        warnings.push(...((await api.post<ContainerUpdateResponse>(path, { json: request })).Warnings ?? []));
      });
    } finally {
      for (const warning of warnings) printError(warning);
    }
  },
});

/** What is 0, the daemon leaves as it is. */
function updateRequest(flags: Flags): object {
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
    ...(flags.pidsLimit !== undefined && { PidsLimit: flags.pidsLimit }),
    RestartPolicy: flags.restart === undefined ? { Name: "", MaximumRetryCount: 0 } : parseRestart(flags.restart),
  };
}
