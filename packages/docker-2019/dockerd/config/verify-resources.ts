/**
 * Whether limits make sense, and which of them this host doesn't know: those are discarded, with a warning.
 *
 * Memory, processor, sets of processors, disks: each may change the limits for the next.
 */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Resources } from "../../engine-api/container-config.ts";
import type { HostSupport } from "./host-support.ts";
import { parseNumberList } from "./number-list.ts";

/** Bytes: what a container needs to start. */
const MINIMUM_MEMORY = 6 * 1024 * 1024;
const BILLION = 1e9;
/** Microseconds: the least and the most that the scheduler takes. */
const CFS_LEAST_US = 1000;
const CFS_MOST_US = 1_000_000;

export interface Verified<T> {
  /** Without what was discarded. */
  readonly value: T;
  readonly warnings: readonly string[];
}

/** @param isUpdate - Of a running container, which may have a limit of memory already. @throws {InvalidArgument} */
export function verifyResources<T extends Resources>(
  resources: T,
  support: HostSupport,
  { isUpdate }: { isUpdate: boolean },
): Verified<T> {
  const warnings: string[] = [];
  let value = resources;
  for (const step of [verifyMemory, verifyOom, verifyCpu, verifyCpuset, verifyBlkio])
    value = { ...value, ...step(value, support, { isUpdate, warn: (text) => warnings.push(text) }) };
  return { value, warnings };
}

interface Options {
  readonly isUpdate: boolean;
  readonly warn: (text: string) => void;
}

function refuse(message: string): never {
  throw new InvalidArgument(message);
}

function verifyMemory(resources: Resources, support: HostSupport, { isUpdate, warn }: Options): Resources {
  let { Memory = 0, MemorySwap = 0, MemorySwappiness, MemoryReservation = 0, KernelMemory = 0 } = resources;
  if (MemorySwappiness === -1) MemorySwappiness = null; // what clients send who mean nothing
  if (Memory !== 0 && Memory < MINIMUM_MEMORY) refuse("Minimum memory limit allowed is 6MB");
  if (Memory > 0 && !support.memoryLimit) {
    warn("Your kernel does not support memory limit capabilities or the cgroup is not mounted. Limitation discarded.");
    Memory = 0;
    MemorySwap = -1;
  }
  if (Memory > 0 && MemorySwap !== -1 && !support.swapLimit) {
    warn(
      "Your kernel does not support swap limit capabilities or the cgroup is not mounted. Memory limited without swap.",
    );
    MemorySwap = -1;
  }
  if (Memory > 0 && MemorySwap > 0 && MemorySwap < Memory)
    refuse("Minimum memoryswap limit should be larger than memory limit, see usage");
  if (Memory === 0 && MemorySwap > 0 && !isUpdate)
    refuse("You should always set the Memory limit when using Memoryswap limit, see usage");
  if (typeof MemorySwappiness === "number" && !support.memorySwappiness) {
    warn(
      "Your kernel does not support memory swappiness capabilities or the cgroup is not mounted. Memory swappiness discarded.",
    );
    MemorySwappiness = null;
  }
  if (typeof MemorySwappiness === "number" && (MemorySwappiness < 0 || MemorySwappiness > 100))
    refuse(`Invalid value: ${MemorySwappiness}, valid memory swappiness range is 0-100`);
  if (MemoryReservation > 0 && !support.memoryReservation) {
    warn(
      "Your kernel does not support memory soft limit capabilities or the cgroup is not mounted. Limitation discarded.",
    );
    MemoryReservation = 0;
  }
  if (MemoryReservation > 0 && MemoryReservation < MINIMUM_MEMORY) refuse("Minimum memory reservation allowed is 6MB");
  if (Memory > 0 && MemoryReservation > 0 && Memory < MemoryReservation)
    refuse("Minimum memory limit can not be less than memory reservation limit, see usage");
  KernelMemory = verifyKernelMemory(KernelMemory, support, warn);
  return { Memory, MemorySwap, MemorySwappiness: MemorySwappiness ?? null, MemoryReservation, KernelMemory };
}

function verifyKernelMemory(limit: number, { kernelMemory }: HostSupport, warn: Options["warn"]): number {
  if (limit <= 0) return limit;
  warn("Specifying a kernel memory limit is deprecated and will be removed in a future release.");
  if (!kernelMemory) {
    warn(
      "Your kernel does not support kernel memory limit capabilities or the cgroup is not mounted. Limitation discarded.",
    );
    return 0;
  }
  if (limit < MINIMUM_MEMORY) refuse("Minimum kernel memory limit allowed is 6MB");
  return limit;
}

function verifyOom(resources: Resources, support: HostSupport, { warn }: Options): Resources {
  let { OomKillDisable = null, PidsLimit = null } = resources;
  if (OomKillDisable !== null && !support.oomKillDisable) {
    if (OomKillDisable) warn("Your kernel does not support OomKillDisable. OomKillDisable discarded.");
    OomKillDisable = null;
  }
  if (OomKillDisable && resources.Memory === 0)
    warn(
      "OOM killer is disabled for the container, but no memory limit is set, this can result in the system running out of resources.",
    );
  if (PidsLimit !== null && !support.pidsLimit) {
    if (PidsLimit > 0)
      warn("Your kernel does not support PIDs limit capabilities or the cgroup is not mounted. PIDs limit discarded.");
    PidsLimit = null;
  }
  return { OomKillDisable, PidsLimit };
}

function verifyCpu(resources: Resources, { cpuCfs, cpuShares, processors }: HostSupport, { warn }: Options): Resources {
  const { NanoCpus = 0 } = resources;
  let { CpuShares = 0, CpuPeriod = 0, CpuQuota = 0 } = resources;
  if (NanoCpus > 0 && CpuPeriod > 0) refuse("Conflicting options: Nano CPUs and CPU Period cannot both be set");
  if (NanoCpus > 0 && CpuQuota > 0) refuse("Conflicting options: Nano CPUs and CPU Quota cannot both be set");
  if (NanoCpus > 0 && !cpuCfs)
    refuse("NanoCPUs can not be set, as your kernel does not support CPU CFS scheduler or the cgroup is not mounted");
  if (NanoCpus < 0 || NanoCpus > processors * BILLION)
    refuse(`Range of CPUs is from 0.01 to ${processors}.00, as there are only ${processors} CPUs available`);
  if (CpuShares > 0 && !cpuShares) {
    warn("Your kernel does not support CPU shares or the cgroup is not mounted. Shares discarded.");
    CpuShares = 0;
  }
  if ((CpuPeriod !== 0 || CpuQuota !== 0) && !cpuCfs) {
    warn("Your kernel does not support CPU CFS scheduler. CPU period/quota discarded.");
    CpuPeriod = 0;
    CpuQuota = 0;
  }
  if (CpuPeriod !== 0 && (CpuPeriod < CFS_LEAST_US || CpuPeriod > CFS_MOST_US))
    refuse("CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)");
  if (CpuQuota > 0 && CpuQuota < CFS_LEAST_US) refuse("CPU cfs quota can not be less than 1ms (i.e. 1000)");
  return { CpuShares, CpuPeriod, CpuQuota };
}

function verifyCpuset(resources: Resources, support: HostSupport, { warn }: Options): Resources {
  const { CpusetCpus = "", CpusetMems = "" } = resources;
  if ((CpusetCpus || CpusetMems) && !support.cpuset) {
    warn("Your kernel does not support cpuset or the cgroup is not mounted. Cpuset discarded.");
    return { CpusetCpus: "", CpusetMems: "" };
  }
  verifyAvailable(CpusetCpus, support.cpus, ["cpus", "CPUs"]);
  verifyAvailable(CpusetMems, support.mems, ["mems", "memory nodes"]);
  return {};
}

function verifyAvailable(wanted: string, available: string, [file, name]: readonly [string, string]): void {
  const there = parseNumberList(available);
  let numbers: Set<number>;
  try {
    numbers = parseNumberList(wanted);
  } catch (cause) {
    throw new InvalidArgument(`Invalid value ${wanted} for cpuset ${file}: ${(cause as Error).message}`, { cause });
  }
  if (!numbers.isSubsetOf(there))
    refuse(`Requested ${name} are not available - requested ${wanted}, available: ${available}`);
}

function verifyBlkio(resources: Resources, support: HostSupport, { warn }: Options): Resources {
  let { BlkioWeight = 0 } = resources;
  if (BlkioWeight > 0 && !support.blkioWeight) {
    warn("Your kernel does not support Block I/O weight or the cgroup is not mounted. Weight discarded.");
    BlkioWeight = 0;
  }
  if (BlkioWeight > 0 && (BlkioWeight < 10 || BlkioWeight > 1000)) refuse("Range of blkio weight is from 10 to 1000");
  const discarded: Partial<Record<DeviceLimit, readonly never[]>> = {};
  for (const [member, isSupported, text] of deviceLimits(support)) {
    if (isSupported || !resources[member]?.length) continue;
    warn(text);
    discarded[member] = [];
  }
  return { BlkioWeight, ...discarded };
}

type DeviceLimit =
  | "BlkioWeightDevice"
  | "BlkioDeviceReadBps"
  | "BlkioDeviceWriteBps"
  | "BlkioDeviceReadIOps"
  | "BlkioDeviceWriteIOps";

function deviceLimits(support: HostSupport): readonly (readonly [DeviceLimit, boolean, string])[] {
  const throttle = (unit: string, way: string) =>
    `Your kernel does not support ${unit} Block I/O ${way} limit or the cgroup is not mounted. Block I/O ${unit} ${way} limit discarded.`;
  const iops = (way: string) =>
    `Your kernel does not support IOPS Block ${way} limit or the cgroup is not mounted. Block I/O IOPS ${way} limit discarded.`;
  const weight =
    "Your kernel does not support Block I/O weight_device or the cgroup is not mounted. Weight-device discarded.";
  return [
    ["BlkioWeightDevice", support.blkioWeightDevice, weight],
    ["BlkioDeviceReadBps", support.blkioReadBps, throttle("BPS", "read")],
    ["BlkioDeviceWriteBps", support.blkioWriteBps, throttle("BPS", "write")],
    ["BlkioDeviceReadIOps", support.blkioReadIops, iops("read")],
    ["BlkioDeviceWriteIOps", support.blkioWriteIops, iops("write")],
  ];
}
