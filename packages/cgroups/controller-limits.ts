/**
 * Limits sorted by the controller that holds them, which is how the kernel wants them: what the specification calls `cpu` are two
 * controllers, `network` too. Limits that say nothing are gone, so that a controller's name here means that it is needed.
 *
 *     {memory: {limit: 64 << 20, swap: 0}, cpu: {shares: 0, cpus: "0"}, pids: {limit: 0}}
 *     {memory: {limit: 64 << 20}, cpuset: {cpus: "0"}}
 */
import type {
  LinuxBlockIO,
  LinuxCPU,
  LinuxHugepageLimit,
  LinuxInterfacePriority,
  LinuxMemory,
  LinuxNetwork,
  LinuxPids,
  LinuxRdma,
  LinuxResources,
} from "@eras/oci-spec/runtime/config-linux.ts";
import { type Present, present } from "./present.ts";

/** By controller, in v1's names. A controller that is not there is not needed. */
export interface ControllerLimits {
  readonly cpuset?: CpusetLimits;
  readonly memory?: LinuxMemory;
  readonly cpu?: CpuLimits;
  readonly pids?: LinuxPids;
  readonly blkio?: LinuxBlockIO;
  readonly hugetlb?: readonly LinuxHugepageLimit[];
  readonly net_cls?: { readonly classID: number };
  readonly net_prio?: readonly LinuxInterfacePriority[];
  readonly rdma?: Readonly<Record<string, LinuxRdma>>;
  readonly devices?: NonNullable<LinuxResources["devices"]>;
}

export type LimitingController = keyof ControllerLimits;

export type CpusetLimits = Pick<LinuxCPU, "cpus" | "mems">;

export type CpuLimits = Omit<LinuxCPU, keyof CpusetLimits>;

/** Sorts limits by controller, and drops what leaves the present value alone. */
export function limitsByController(resources: LinuxResources): ControllerLimits {
  const { cpu = {}, pids, blockIO, hugepageLimits = [], network = {}, rdma = {}, devices } = resources;
  const { cpus = "", mems = "", burst, idle, ...time } = cpu;
  return present({
    cpuset: needed({ cpus: cpus || undefined, mems: mems || undefined }),
    memory: neededMemory(resources.memory ?? {}),
    cpu: needed({ ...notZero(time), burst, idle }),
    pids: pids?.limit ? pids : undefined,
    blkio: neededBlkio(blockIO ?? {}),
    hugetlb: hugepageLimits.length > 0 ? hugepageLimits : undefined,
    net_cls: neededClass(network),
    net_prio: network.priorities?.length ? network.priorities : undefined,
    rdma: Object.keys(rdma).length > 0 ? rdma : undefined,
    devices,
  }) as ControllerLimits; // TypeScript doesn't see that `present` has made optional what could be undefined
}

/** The size of a limit that means none: -1, which arrives as 2⁶⁴ - 1 where it was written as an unsigned number. */
export const UNSIGNED_MINUS_ONE = 2 ** 63;

function neededMemory(memory: LinuxMemory): LinuxMemory | undefined {
  const { limit, reservation, swap, swappiness = -1, disableOOMKiller, checkBeforeUpdate } = memory;
  const ignoresSwappiness = swappiness === -1 || swappiness >= UNSIGNED_MINUS_ONE;
  const limits = needed({
    ...notZero({ limit, reservation, swap }),
    swappiness: ignoresSwappiness ? undefined : swappiness,
    disableOOMKiller: disableOOMKiller || undefined,
  });
  return limits && present({ ...limits, checkBeforeUpdate });
}

function neededBlkio({ weight, leafWeight, ...byDevice }: LinuxBlockIO): LinuxBlockIO | undefined {
  const lists = Object.entries(byDevice).filter(([, devices]) => devices.length > 0);
  return needed({ ...notZero({ weight, leafWeight }), ...Object.fromEntries(lists) });
}

function neededClass({ classID }: LinuxNetwork): ControllerLimits["net_cls"] {
  return classID ? { classID } : undefined;
}

function notZero<T extends object>(limits: T): Present<T> {
  return Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== 0)) as Present<T>;
}

/** The entries that say something; undefined if none does. */
function needed<T extends object>(limits: T): Present<T> | undefined {
  const rest = present(limits);
  return Object.keys(rest).length > 0 ? rest : undefined;
}
