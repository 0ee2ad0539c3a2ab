/**
 * Whether limits make sense, and which of them this host doesn't know: those are discarded, with a warning.
 *
 * Memory, processes, processors, disks: each may change the limits for the next.
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
  for (const verify of STEPS)
    value = { ...value, ...verify(value, support, { isUpdate, warn: (text) => warnings.push(text) }) };
  return { value, warnings };
}

/** In the original's order: the first mistake is the one that is told. Each gives what it changes. */
const STEPS = [
  verifyMemory,
  verifySwappiness,
  verifyReservation,
  verifyKernelMemory,
  verifyOom,
  verifyCpu,
  verifyCpuset,
  verifyBlkio,
] as const;

interface Options {
  readonly isUpdate: boolean;
  readonly warn: (text: string) => void;
}

function unsupported(what: string): string {
  return `Your kernel does not support ${what} or the cgroup is not mounted.`;
}

function refuse(message: string): never {
  throw new InvalidArgument(message);
}

function verifyMemory(resources: Resources, support: HostSupport, { isUpdate, warn }: Options): Resources {
  let { Memory = 0, MemorySwap = 0 } = resources;
  if (Memory !== 0 && Memory < MINIMUM_MEMORY) refuse("Minimum memory limit allowed is 6MB");
  if (Memory > 0 && !support.memoryLimit) {
    warn(`${unsupported("memory limit capabilities")} Limitation discarded.`);
    Memory = 0;
    MemorySwap = -1;
  }
  if (Memory > 0 && MemorySwap !== -1 && !support.swapLimit) {
    warn(`${unsupported("swap limit capabilities")} Memory limited without swap.`);
    MemorySwap = -1;
  }
  if (Memory > 0 && MemorySwap > 0 && MemorySwap < Memory)
    refuse("Minimum memoryswap limit should be larger than memory limit, see usage");
  if (Memory === 0 && MemorySwap > 0 && !isUpdate)
    refuse("You should always set the Memory limit when using Memoryswap limit, see usage");
  return { Memory, MemorySwap };
}

function verifySwappiness({ MemorySwappiness = null }: Resources, support: HostSupport, { warn }: Options): Resources {
  if (MemorySwappiness === null || MemorySwappiness === -1) return { MemorySwappiness: null }; // -1 of clients who mean nothing
  if (!support.memorySwappiness) {
    warn(`${unsupported("memory swappiness capabilities")} Memory swappiness discarded.`);
    return { MemorySwappiness: null };
  }
  if (MemorySwappiness < 0 || MemorySwappiness > 100)
    refuse(`Invalid value: ${MemorySwappiness}, valid memory swappiness range is 0-100`);
  return { MemorySwappiness };
}

function verifyReservation(resources: Resources, support: HostSupport, { warn }: Options): Resources {
  const { Memory = 0, MemoryReservation = 0 } = resources;
  if (MemoryReservation <= 0) return {};
  if (!support.memoryReservation) {
    warn(`${unsupported("memory soft limit capabilities")} Limitation discarded.`);
    return { MemoryReservation: 0 };
  }
  if (MemoryReservation < MINIMUM_MEMORY) refuse("Minimum memory reservation allowed is 6MB");
  if (Memory > 0 && Memory < MemoryReservation)
    refuse("Minimum memory limit can not be less than memory reservation limit, see usage");
  return {};
}

function verifyKernelMemory({ KernelMemory = 0 }: Resources, support: HostSupport, { warn }: Options): Resources {
  if (KernelMemory <= 0) return {};
  warn("Specifying a kernel memory limit is deprecated and will be removed in a future release.");
  if (!support.kernelMemory) {
    warn(`${unsupported("kernel memory limit capabilities")} Limitation discarded.`);
    return { KernelMemory: 0 };
  }
  if (KernelMemory < MINIMUM_MEMORY) refuse("Minimum kernel memory limit allowed is 6MB");
  return {};
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
    if (PidsLimit > 0) warn(`${unsupported("PIDs limit capabilities")} PIDs limit discarded.`);
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
    warn(`${unsupported("CPU shares")} Shares discarded.`);
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
    warn(`${unsupported("cpuset")} Cpuset discarded.`);
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
    warn(`${unsupported("Block I/O weight")} Weight discarded.`);
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
    `${unsupported(`${unit} Block I/O ${way} limit`)} Block I/O ${unit} ${way} limit discarded.`;
  const iops = (way: string) => `${unsupported(`IOPS Block ${way} limit`)} Block I/O IOPS ${way} limit discarded.`;
  const weight = `${unsupported("Block I/O weight_device")} Weight-device discarded.`;
  return [
    ["BlkioWeightDevice", support.blkioWeightDevice, weight],
    ["BlkioDeviceReadBps", support.blkioReadBps, throttle("BPS", "read")],
    ["BlkioDeviceWriteBps", support.blkioWriteBps, throttle("BPS", "write")],
    ["BlkioDeviceReadIOps", support.blkioReadIops, iops("read")],
    ["BlkioDeviceWriteIOps", support.blkioWriteIops, iops("write")],
  ];
}
