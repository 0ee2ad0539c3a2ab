/**
 * How much a container gets: the limits of its cgroup.
 *
 * A new container's are all that was said, and zeros where the original writes zeros. Those of an update are the difference: zero leaves a
 * limit as it is.
 */
import { statSync } from "node:fs";
import { isErrno } from "@eras/linux/errno.ts";
import { major, minor } from "@eras/linux/mknod.ts";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import type {
  LinuxBlockIO,
  LinuxCPU,
  LinuxMemory,
  LinuxPids,
  LinuxResources,
  LinuxThrottleDevice,
  LinuxWeightDevice,
} from "@eras/oci-spec/runtime/config-linux.ts";
import type { List, Resources, ThrottleDevice, WeightDevice } from "../../engine-api/container-config.ts";
import type { SpecParts } from "./spec.ts";

/** Microseconds: a tenth of a second, in which `--cpus 0.5` lets a container run for half of it. */
const CPU_PERIOD_US = 100_000;
const BILLION = 1e9;
/** -1 as an unsigned number: leave it to the kernel. */
const NO_LIMIT = -1;

/** @throws {InvalidArgument} When a disk isn't there, or shares are negative. */
export function addResources(spec: Spec, { hostConfig }: SpecParts): Spec {
  const resources: LinuxResources = {
    ...spec.linux?.resources,
    memory: memoryLimits(hostConfig),
    cpu: cpuLimits(hostConfig),
    ...pidsLimit(hostConfig),
    blockIO: blockLimits(hostConfig),
  };
  return { ...spec, linux: { ...spec.linux, resources } };
}

/** What an update of a running container sends. */
export function updatedResources(resources: Resources): LinuxResources {
  const {
    BlkioWeight = 0,
    CpuShares = 0,
    CpusetCpus,
    CpusetMems,
    NanoCpus = 0,
    CpuQuota = 0,
    CpuPeriod = 0,
  } = resources;
  const { Memory = 0, MemoryReservation = 0, KernelMemory = 0, MemorySwap = 0 } = resources;
  return {
    blockIO: { weight: BlkioWeight },
    cpu: {
      shares: CpuShares,
      quota: (NanoCpus && quotaOf(NanoCpus)) || CpuQuota,
      period: NanoCpus ? CPU_PERIOD_US : CpuPeriod,
      ...(CpusetCpus && { cpus: CpusetCpus }),
      ...(CpusetMems && { mems: CpusetMems }),
    },
    memory: {
      limit: Memory,
      reservation: MemoryReservation,
      kernel: KernelMemory,
      ...(MemorySwap > 0 && { swap: MemorySwap }),
    },
    ...pidsLimit(resources),
  };
}

function memoryLimits(resources: Resources): LinuxMemory {
  const { Memory = 0, MemoryReservation = 0, MemorySwap = 0, MemorySwappiness, OomKillDisable } = resources;
  const { KernelMemory = 0, KernelMemoryTCP = 0 } = resources;
  return {
    ...(Memory > 0 && { limit: Memory }),
    ...(MemoryReservation > 0 && { reservation: MemoryReservation }),
    ...(MemorySwap > 0 && { swap: MemorySwap }),
    ...(typeof MemorySwappiness === "number" && { swappiness: MemorySwappiness }),
    ...(typeof OomKillDisable === "boolean" && { disableOOMKiller: OomKillDisable }),
    ...(KernelMemory !== 0 && { kernel: KernelMemory }),
    ...(KernelMemoryTCP !== 0 && { kernelTCP: KernelMemoryTCP }),
  };
}

function cpuLimits(resources: Resources): LinuxCPU {
  const { CpuShares = 0, NanoCpus = 0, CpuPeriod, CpuQuota, CpuRealtimePeriod, CpuRealtimeRuntime } = resources;
  const { CpusetCpus, CpusetMems } = resources;
  if (CpuShares < 0) throw new InvalidArgument("shares: invalid argument");
  return {
    shares: CpuShares,
    ...(NanoCpus > 0 && { quota: quotaOf(NanoCpus), period: CPU_PERIOD_US }),
    ...(CpuQuota && { quota: CpuQuota }),
    ...(CpuPeriod && { period: CpuPeriod }),
    ...(CpuRealtimeRuntime && { realtimeRuntime: CpuRealtimeRuntime }),
    ...(CpuRealtimePeriod && { realtimePeriod: CpuRealtimePeriod }),
    ...(CpusetCpus && { cpus: CpusetCpus }),
    ...(CpusetMems && { mems: CpusetMems }),
  };
}

function quotaOf(nanoCpus: number): number {
  return Math.trunc((nanoCpus * CPU_PERIOD_US) / BILLION);
}

/** For the API 0 is no limit, for runc -1. */
function pidsLimit({ PidsLimit }: Resources): { pids?: LinuxPids } {
  if (typeof PidsLimit !== "number") return {};
  return { pids: { limit: PidsLimit > 0 ? PidsLimit : NO_LIMIT } };
}

function blockLimits(resources: Resources): LinuxBlockIO {
  const weights = (resources.BlkioWeightDevice ?? []).map(weightOf);
  return {
    weight: resources.BlkioWeight ?? 0,
    ...(weights.length > 0 && { weightDevice: weights }),
    ...throttled("throttleReadBpsDevice", resources.BlkioDeviceReadBps),
    ...throttled("throttleWriteBpsDevice", resources.BlkioDeviceWriteBps),
    ...throttled("throttleReadIOPSDevice", resources.BlkioDeviceReadIOps),
    ...throttled("throttleWriteIOPSDevice", resources.BlkioDeviceWriteIOps),
  };
}

function weightOf({ Path, Weight }: WeightDevice): LinuxWeightDevice {
  return { ...diskAt(Path), weight: Weight };
}

function throttled(member: keyof LinuxBlockIO, devices: List<ThrottleDevice> | undefined): LinuxBlockIO {
  const limits: LinuxThrottleDevice[] = (devices ?? []).map(({ Path, Rate }) => ({ ...diskAt(Path), rate: Rate }));
  return limits.length > 0 ? { [member]: limits } : {};
}

function diskAt(path: string): { major: number; minor: number } {
  try {
    const { rdev } = statSync(path);
    return { major: major(rdev), minor: minor(rdev) };
  } catch (cause) {
    if (!isErrno(cause, "ENOENT")) throw cause;
    throw new InvalidArgument(`stat ${path}: no such file or directory`, { cause });
  }
}
