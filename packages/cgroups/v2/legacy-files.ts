/**
 * v1's control files for v2 hosts: what somebody writes to `memory.limit_in_bytes` is read as the limit that it means.
 *
 * Only files that set limits are here; v1's statistics and switches without a counterpart are not.
 */
import type { DeviceRule } from "@eras/linux/device-program.ts";
import type { LinuxBlockIO } from "@eras/oci-spec/runtime/config-linux.ts";
import type { ControllerLimits } from "../controller-limits.ts";

type Translation = (value: string) => ControllerLimits;

const FILES: Readonly<Record<string, Translation>> = {
  "memory.limit_in_bytes": (value) => ({ memory: { limit: parseBytes(value) } }),
  "memory.memsw.limit_in_bytes": (value) => ({ memory: { swap: parseBytes(value) } }),
  "memory.soft_limit_in_bytes": (value) => ({ memory: { reservation: parseBytes(value) } }),
  "cpu.shares": (value) => ({ cpu: { shares: parseInteger(value) } }),
  "cpu.cfs_quota_us": (value) => ({ cpu: { quota: parseInteger(value) } }),
  "cpu.cfs_period_us": (value) => ({ cpu: { period: parseInteger(value) } }),
  "cpu.cfs_burst_us": (value) => ({ cpu: { burst: parseInteger(value) } }),
  "blkio.weight": (value) => ({ blkio: { weight: parseInteger(value) } }),
  "blkio.bfq.weight": (value) => ({ blkio: { weight: parseInteger(value) } }),
  "blkio.throttle.read_bps_device": throttle("throttleReadBpsDevice"),
  "blkio.throttle.write_bps_device": throttle("throttleWriteBpsDevice"),
  "blkio.throttle.read_iops_device": throttle("throttleReadIOPSDevice"),
  "blkio.throttle.write_iops_device": throttle("throttleWriteIOPSDevice"),
};

/**
 * What writing `value` to a v1 control file means.
 *
 * @returns Undefined when the file is not one of v1 with a counterpart.
 * @throws {Error} When the value is not one that v1 would take.
 */
export function translateLegacyFile(controlFile: string, value: string): ControllerLimits | undefined {
  const [, pageSize] = /^hugetlb\.(\w+)\.limit_in_bytes$/.exec(controlFile) ?? [];
  if (pageSize !== undefined) return { hugetlb: [{ pageSize, limit: parseBytes(value) }] };
  return Object.hasOwn(FILES, controlFile) ? FILES[controlFile]!(value) : undefined;
}

function throttle(key: keyof LinuxBlockIO): Translation {
  return (value) => {
    const [, major, minor, rate] = /^(\d+):(\d+)\s+(\d+)$/.exec(value.trim()) ?? [];
    if (rate === undefined) throw new Error(`Cannot read "${value}" as a limit for a disk: MAJOR:MINOR RATE is needed`);
    return { blkio: { [key]: [{ major: Number(major), minor: Number(minor), rate: Number(rate) }] } };
  };
}

const UNITS = ["", "k", "m", "g", "t"];

/** Reads bytes as the kernel's memparse() does: `512M`, `1g`, `-1` for no limit. */
function parseBytes(value: string): number {
  const [, number, unit = ""] = /^(-1|\d+)([kmgt]?)$/i.exec(value.trim()) ?? [];
  if (number === undefined) throw new Error(`Cannot read "${value}" as a number of bytes`);
  return number === "-1" ? -1 : Number(number) * 1024 ** UNITS.indexOf(unit.toLowerCase());
}

function parseInteger(value: string): number {
  if (!/^-?\d+$/.test(value.trim())) throw new Error(`Cannot read "${value}" as a whole number`);
  return Number(value);
}

/**
 * Reads a line of devices.allow or devices.deny: `c 1:3 rwm`, `b 8:* r`, `a`.
 *
 * @throws {Error} When it is none.
 */
export function parseDeviceRule(allow: boolean, value: string): DeviceRule {
  const text = value.trim();
  if (/^a(\s|$)/.test(text)) return { allow, type: "a" };
  const [, type, major, minor, access] = /^([cb])\s+(\d+|\*):(\d+|\*)\s+([rwm]{1,3})$/.exec(text) ?? [];
  if (access === undefined)
    throw new Error(`Cannot read "${value}" as a device rule: TYPE MAJOR:MINOR ACCESS is needed`);
  return { allow, type: type as "c" | "b", ...number("major", major!), ...number("minor", minor!), access };
}

/**
 * Reads freezer.state as cgroup.freeze has it.
 *
 * @throws {Error} When it is no state.
 */
export function parseFreezerState(value: string): 0 | 1 {
  if (value === "FROZEN") return 1;
  if (value === "THAWED") return 0;
  throw new Error(`Cannot read "${value}" as a state: FROZEN or THAWED is needed`);
}

function number<Key extends string>(key: Key, text: string): { [K in Key]?: number } {
  return (text === "*" ? {} : { [key]: Number(text) }) as { [K in Key]?: number };
}
