/** Reading what a cgroup has used. */
import type { CgroupPaths } from "./container-paths.ts";
import { ifPresent } from "./control-file.ts";
import { readPidsStats } from "./pids.ts";
import { present } from "./present.ts";
import { readRdmaStats } from "./rdma.ts";
import { type CgroupStats, readPressureStats } from "./stats.ts";
import { readBlkioStats } from "./v1/blkio.ts";
import * as v1Cpu from "./v1/cpu.ts";
import { readCpusetStats } from "./v1/cpuset.ts";
import * as v1Hugetlb from "./v1/hugetlb.ts";
import * as v1Memory from "./v1/memory.ts";
import * as v2Cpu from "./v2/cpu.ts";
import * as v2Hugetlb from "./v2/hugetlb.ts";
import { readIoStats } from "./v2/io.ts";
import * as v2Memory from "./v2/memory.ts";

/**
 * Reads all statistics of a cgroup.
 *
 * @param paths - Of a `Cgroup`, or as a container's state recorded them. On a hybrid host v1's controllers tell, and v2 of the rest.
 * @returns No part of which the host has no controller, or whose cgroup is gone.
 */
export function readCgroupStats({ "": v2, ...v1 }: CgroupPaths): CgroupStats {
  return { ...(v2 !== undefined && readV2(v2)), ...readV1(v1) };
}

function readV1(paths: CgroupPaths): CgroupStats {
  const read = <T>(controller: string, readStats: (dir: string) => T) => {
    const dir = paths[controller];
    return dir === undefined ? undefined : ifPresent(() => readStats(dir));
  };
  return present({
    cpu: read("cpuacct", v1Cpu.readCpuTime),
    throttling: read("cpu", v1Cpu.readThrottling),
    cpuset: read("cpuset", readCpusetStats),
    memory: read("memory", v1Memory.readMemoryStats),
    pids: read("pids", readPidsStats),
    io: read("blkio", readBlkioStats),
    hugetlb: read("hugetlb", v1Hugetlb.readHugetlbStats),
    rdma: read("rdma", readRdmaStats),
  });
}

/** v2 counts time in every cgroup; other controllers may be off. */
function readV2(dir: string): CgroupStats {
  return present({
    cpu: ifPresent(() => v2Cpu.readCpuTime(dir)),
    throttling: ifPresent(() => v2Cpu.readThrottling(dir)),
    memory: ifPresent(() => v2Memory.readMemoryStats(dir)),
    pids: ifPresent(() => readPidsStats(dir)),
    io: ifPresent(() => readIoStats(dir)),
    hugetlb: ifPresent(() => v2Hugetlb.readHugetlbStats(dir)),
    rdma: ifPresent(() => readRdmaStats(dir)),
    pressure: ifPresent(() => readPressureStats(dir)),
  });
}
