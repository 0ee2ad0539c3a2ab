/** Which limits this host's kernel and control groups know. What they don't is discarded with a warning, as the original has it. */
import { existsSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { type CgroupMounts, cgroupMounts } from "@eras/cgroups/detect.ts";

export interface HostSupport {
  readonly memoryLimit: boolean;
  readonly swapLimit: boolean;
  readonly memoryReservation: boolean;
  readonly memorySwappiness: boolean;
  readonly kernelMemory: boolean;
  readonly kernelMemoryTcp: boolean;
  readonly oomKillDisable: boolean;
  readonly pidsLimit: boolean;
  readonly cpuShares: boolean;
  readonly cpuCfs: boolean;
  readonly cpuRealtime: boolean;
  readonly cpuset: boolean;
  /** Lists such as `0-3`; empty without cpuset. */
  readonly cpus: string;
  readonly mems: string;
  readonly blkioWeight: boolean;
  readonly blkioWeightDevice: boolean;
  readonly blkioReadBps: boolean;
  readonly blkioWriteBps: boolean;
  readonly blkioReadIops: boolean;
  readonly blkioWriteIops: boolean;
  readonly cgroupNamespaces: boolean;
  readonly ipv4Forwarding: boolean;
  readonly processors: number;
  readonly cgroupVersion: 1 | 2;
}

/** What the kernel says now. */
export function hostSupport(mounts: CgroupMounts = cgroupMounts()): HostSupport {
  const limits = mounts.v1.size > 0 ? limitsOfV1(mounts) : limitsOfV2(mounts.v2!);
  return {
    ...limits,
    cgroupNamespaces: existsSync("/proc/self/ns/cgroup"),
    ipv4Forwarding: readTrimmed("/proc/sys/net/ipv4/ip_forward") === "1",
    processors: availableParallelism(),
  };
}

type Limits = Omit<HostSupport, "cgroupNamespaces" | "ipv4Forwarding" | "processors">;

/** Each has a control file in the root of its tree. */
function limitsOfV1({ v1 }: CgroupMounts): Limits {
  const has = (controller: string, file: string) => v1.has(controller) && existsSync(join(v1.get(controller)!, file));
  const read = (file: string) => (v1.has("cpuset") ? readTrimmed(join(v1.get("cpuset")!, file)) : "");
  return {
    memoryLimit: v1.has("memory"),
    swapLimit: has("memory", "memory.memsw.limit_in_bytes"),
    memoryReservation: has("memory", "memory.soft_limit_in_bytes"),
    memorySwappiness: has("memory", "memory.swappiness"),
    kernelMemory: has("memory", "memory.kmem.limit_in_bytes"),
    kernelMemoryTcp: has("memory", "memory.kmem.tcp.limit_in_bytes"),
    oomKillDisable: has("memory", "memory.oom_control"),
    pidsLimit: v1.has("pids"),
    cpuShares: has("cpu", "cpu.shares"),
    cpuCfs: has("cpu", "cpu.cfs_quota_us"),
    cpuRealtime: has("cpu", "cpu.rt_period_us"),
    cpuset: v1.has("cpuset"),
    cpus: read("cpuset.cpus"),
    mems: read("cpuset.mems"),
    blkioWeight: has("blkio", "blkio.weight"),
    blkioWeightDevice: has("blkio", "blkio.weight_device"),
    blkioReadBps: has("blkio", "blkio.throttle.read_bps_device"),
    blkioWriteBps: has("blkio", "blkio.throttle.write_bps_device"),
    blkioReadIops: has("blkio", "blkio.throttle.read_iops_device"),
    blkioWriteIops: has("blkio", "blkio.throttle.write_iops_device"),
    cgroupVersion: 1,
  };
}

/** The root has few control files; which controllers there are says the rest. */
function limitsOfV2(root: string): Limits {
  const controllers = new Set(readTrimmed(join(root, "cgroup.controllers")).split(" "));
  const [memory, cpu, io] = [controllers.has("memory"), controllers.has("cpu"), controllers.has("io")];
  const cpuset = controllers.has("cpuset");
  return {
    memoryLimit: memory,
    swapLimit: memory && existsSync("/proc/swaps"),
    memoryReservation: memory,
    memorySwappiness: false,
    kernelMemory: false,
    kernelMemoryTcp: false,
    oomKillDisable: false,
    pidsLimit: controllers.has("pids"),
    cpuShares: cpu,
    cpuCfs: cpu,
    cpuRealtime: false,
    cpuset,
    cpus: cpuset ? readTrimmed(join(root, "cpuset.cpus.effective")) : "",
    mems: cpuset ? readTrimmed(join(root, "cpuset.mems.effective")) : "",
    blkioWeight: io,
    blkioWeightDevice: io,
    blkioReadBps: io,
    blkioWriteBps: io,
    blkioReadIops: io,
    blkioWriteIops: io,
    cgroupVersion: 2,
  };
}

function readTrimmed(path: string): string {
  return readFileSync(path, "utf8").trim();
}
