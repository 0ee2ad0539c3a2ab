/**
 * What systemd is told of a container: the unit that it shall make, and limits in its own words. It sets those again whenever it reads its
 * configuration anew, so what only the kernel is told would not stay.
 *
 * @see https://man7.org/linux/man-pages/man5/systemd.resource-control.5.html
 */
import type { LinuxResources } from "@eras/oci-spec/runtime/config-linux.ts";
import { type ControllerLimits, limitsByController } from "../controller-limits.ts";
import { weightOfShares } from "../v2/cpu.ts";
import type { DBusValue } from "./dbus/encoder.ts";
import { deviceProperties } from "./device-properties.ts";
import type { UnitProperty } from "./manager.ts";
import type { SystemdUnit } from "./unit.ts";

function property(name: string, signature: string, value: DBusValue): UnitProperty {
  return [name, { signature, value }];
}

/**
 * The unit itself, with its first process.
 *
 * Delegate: what is below its cgroup is the container's. DefaultDependencies=no: the shutdown of the machine stops it with its manager
 * (dockerd), not before.
 */
export function unitProperties({ name, slice, container }: SystemdUnit, pid: number, isV2: boolean): UnitProperty[] {
  const isSlice = name.endsWith(".slice");
  return [
    property("Description", "s", `libcontainer container ${container}`),
    ...(isSlice
      ? [property("Wants", "as", [slice])]
      : [property("Slice", "s", slice), property("Delegate", "b", true)]),
    property("PIDs", "au", [pid]),
    ...["MemoryAccounting", "CPUAccounting", isV2 ? "IOAccounting" : "BlockIOAccounting", "TasksAccounting"].map(
      (name) => property(name, "b", true),
    ),
    property("DefaultDependencies", "b", false),
  ];
}

/** systemd's word for no limit. */
const INFINITY = 2n ** 64n - 1n;

/** The limits, as far as systemd knows them. The others the kernel is told alone. */
export function resourceProperties(resources: LinuxResources, isV2: boolean): UnitProperty[] {
  const limits = limitsByController(resources);
  return [
    ...(limits.devices === undefined ? [] : deviceProperties(limits.devices)),
    ...(isV2 ? v2Properties(limits) : v1Properties(limits)),
    ...quotaProperties(limits.cpu),
    ...numbers({ TasksMax: limits.pids?.limit }),
    ...cpusetProperties(limits.cpuset),
    ...Object.entries(resources.unified ?? {}).flatMap(([file, value]) => unifiedProperty(file, value)),
  ];
}

function v1Properties({ memory, cpu, blkio }: ControllerLimits): UnitProperty[] {
  return numbers({ MemoryLimit: memory?.limit, CPUShares: cpu?.shares, BlockIOWeight: blkio?.weight });
}

function v2Properties({ memory = {}, cpu }: ControllerLimits): UnitProperty[] {
  const { limit, reservation, swap } = memory;
  const swapAlone = swap === undefined || swap === -1 || limit === undefined ? swap : swap - limit;
  return numbers({
    MemoryMax: limit,
    MemoryLow: reservation,
    MemorySwapMax: swapAlone ?? (limit === -1 ? -1 : undefined),
    CPUWeight: cpu?.shares === undefined ? undefined : weightOfShares(cpu.shares),
  });
}

/** Properties of 64 bits, of which negative numbers mean no limit. */
function numbers(values: Readonly<Record<string, number | undefined>>): UnitProperty[] {
  const given = Object.entries(values).filter((entry): entry is [string, number] => entry[1] !== undefined);
  return given.map(([name, value]) => property(name, "t", value < 0 ? INFINITY : BigInt(value)));
}

const DEFAULT_PERIOD_US = 100_000;
const US_PER_SECOND = 1_000_000;
/** systemd counts in per cent of a processor. */
const US_PER_PERCENT = 10_000;

/** Of what falls between, the next higher: the container's own cgroup must be able to have its quota. */
function quotaProperties({ quota, period }: NonNullable<ControllerLimits["cpu"]> = {}): UnitProperty[] {
  if (quota === undefined && period === undefined) return [];
  const usPerSecond = ((quota ?? -1) * US_PER_SECOND) / (period ?? DEFAULT_PERIOD_US);
  return numbers({
    CPUQuotaPeriodUSec: period,
    CPUQuotaPerSecUSec: Math.max(-1, Math.ceil(usPerSecond / US_PER_PERCENT) * US_PER_PERCENT) || -1,
  });
}

function cpusetProperties({ cpus, mems }: NonNullable<ControllerLimits["cpuset"]> = {}): UnitProperty[] {
  return [
    ...(cpus === undefined ? [] : [property("AllowedCPUs", "ay", bitsOf(cpus))]),
    ...(mems === undefined ? [] : [property("AllowedMemoryNodes", "ay", bitsOf(mems))]),
  ];
}

/**
 * A list as bits, the first number in the lowest bit of the first byte.
 *
 * @throws {Error} When it is no list of numbers and ranges.
 */
export function bitsOf(list: string): Buffer {
  let bits = 0n;
  for (const range of list.split(",").map((text) => text.trim())) {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(range) ?? [];
    if (first === undefined) throw new Error(`Cannot read "${list}" as a list of processors or memory nodes`);
    for (let bit = BigInt(first); bit <= BigInt(last!); bit++) bits |= 1n << bit;
  }
  const hex = bits.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex").reverse();
}

const UNIFIED_NUMBERS: Readonly<Record<string, string>> = {
  "cpu.weight": "CPUWeight",
  "memory.high": "MemoryHigh",
  "memory.low": "MemoryLow",
  "memory.max": "MemoryMax",
  "memory.min": "MemoryMin",
  "memory.swap.max": "MemorySwapMax",
  "pids.max": "TasksMax",
};

/** A control file of v2 in systemd's words, if it has any. */
function unifiedProperty(file: string, value: string): UnitProperty[] {
  const text = value.trim();
  const toNumber = (word: string | undefined) => (word === undefined || word === "max" ? -1 : Number(word));
  if (Object.hasOwn(UNIFIED_NUMBERS, file)) return numbers({ [UNIFIED_NUMBERS[file]!]: toNumber(text) });
  if (file === "cpuset.cpus") return cpusetProperties({ cpus: text });
  if (file === "cpuset.mems") return cpusetProperties({ mems: text });
  if (file !== "cpu.max") return [];
  const [quota, period = DEFAULT_PERIOD_US] = text.split(/\s+/);
  return quotaProperties({ quota: toNumber(quota), period: Number(period) });
}
