/** Values of flags that limit a container: devices, rates, ulimits, processors. */
import type { DeviceMapping, ThrottleDevice, Ulimit, WeightDevice } from "../../engine-api/container-config.ts";
import { parseByteSize } from "./byte-size.ts";

/** `/dev/fuse`, `/dev/sda:/dev/xvda:r`, `/dev/sda:rw` */
export function parseDevice(text: string): DeviceMapping {
  const [host = "", second = "", third] = text.split(":");
  const isMode = isDeviceMode(second) && third === undefined;
  const mode = third ?? (isMode ? second : "rwm");
  if (!isDeviceMode(mode) || text.split(":").length > 3) throw new Error(`bad mode specified: ${mode}`);
  const inside = isMode || second === "" ? host : second;
  if (!inside.startsWith("/")) throw new Error(`${inside} is not an absolute path`);
  return { PathOnHost: host, PathInContainer: inside, CgroupPermissions: mode };
}

function isDeviceMode(text: string): boolean {
  return /^[rwm]{1,3}$/.test(text) && new Set(text).size === text.length;
}

/** `c 1:3 mr` */
export function checkDeviceRule(text: string): string {
  if (!/^[acb] ([0-9]+|\*):([0-9]+|\*) [rwm]{1,3}$/.test(text))
    throw new Error(`invalid device cgroup format '${text}'`);
  return text;
}

/** `/dev/sda:1mb`: bytes a second. */
export function parseThrottleBps(text: string): ThrottleDevice {
  const [path, rate] = splitDevice(text);
  try {
    return { Path: path, Rate: parseByteSize(rate) };
  } catch (error) {
    throw new Error(
      `invalid rate for device: ${text}. The correct format is <device-path>:<number>[<unit>]. Number must be a positive integer. Unit is optional and can be kb, mb, or gb`,
      { cause: error },
    );
  }
}

/** `/dev/sda:1000`: operations a second. */
export function parseThrottleIops(text: string): ThrottleDevice {
  const [path, rate] = splitDevice(text);
  if (!/^\d+$/.test(rate))
    throw new Error(
      `invalid rate for device: ${text}. The correct format is <device-path>:<number>. Number must be a positive integer`,
    );
  return { Path: path, Rate: Number(rate) };
}

/** `/dev/sda:500` */
export function parseWeightDevice(text: string): WeightDevice {
  const [path, weight] = splitDevice(text);
  const number = Number(weight);
  if (!/^\d+$/.test(weight) || (number > 0 && (number < 10 || number > 1000)))
    throw new Error(`invalid weight for device: ${text}`);
  return { Path: path, Weight: number };
}

function splitDevice(text: string): readonly [path: string, value: string] {
  const colon = text.indexOf(":");
  if (colon === -1) throw new Error(`bad format: ${text}`);
  const path = text.slice(0, colon);
  if (!path.startsWith("/dev/")) throw new Error(`bad format for device path: ${text}`);
  return [path, text.slice(colon + 1)];
}

/** Those of setrlimit(2) that Docker knows. */
const ULIMITS = "core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack".split(
  " ",
);

/** `nofile=1024:2048`: soft, hard; one number is both. */
export function parseUlimit(text: string): Ulimit {
  const [, name, soft, hard = soft] = /^([^=]+)=([^:]+)(?::([^:]+))?$/.exec(text) ?? [];
  if (name === undefined) throw new Error(`invalid ulimit argument: ${text}`);
  if (!ULIMITS.includes(name)) throw new Error(`invalid ulimit type: ${name}`);
  const [Soft, Hard] = [Number(soft), Number(hard)];
  if (!Number.isInteger(Soft) || !Number.isInteger(Hard)) throw new Error(`invalid ulimit argument: ${text}`);
  if (Hard >= 0 && (Soft > Hard || Soft < 0))
    throw new Error(`ulimit soft limit must be less than or equal to hard limit: ${Soft} > ${Hard}`);
  return { Name: name, Hard, Soft };
}

/** `1.5` processors, in billionths. */
export function parseCpus(text: string): number {
  const nano = Number(text) * 1e9;
  if (text.trim() === "" || !Number.isFinite(nano)) throw new Error(`failed to parse ${text} as a rational number`);
  if (!Number.isInteger(Number(nano.toFixed(3)))) throw new Error("value is too precise");
  return Math.round(nano);
}

const SYSCTLS = [
  ...["kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax"],
  ...["kernel.shmmni", "kernel.shm_rmid_forced"],
];
/** All below are of a container's own namespaces. */
const SYSCTL_TREES = ["net.", "fs.mqueue."];

/** `net.ipv4.ip_forward=1`: those alone that a namespace has for itself. */
export function checkSysctl(text: string): string {
  const [name = "", value] = text.split("=", 2);
  if (value !== undefined && (SYSCTLS.includes(name) || SYSCTL_TREES.some((tree) => name.startsWith(tree))))
    return text;
  throw new Error(`sysctl '${text}' is not whitelisted`);
}
