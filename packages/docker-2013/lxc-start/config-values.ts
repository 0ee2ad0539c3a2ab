/** How the values of config.lxc are read. Each function throws an error that tells what is wrong with the value. */
import { capabilityNumber } from "@eras/linux/capabilities.ts";
import type { Architecture, IdMapLine, IpNetwork } from "./config.ts";

/** The kernel's limit, in bytes: include/uapi/linux/utsname.h. */
const HOST_NAME_MAX = 64;

/** Anything. */
export const text = (value: string): string => value;

/** One of a few words. */
export function oneOf<const Word extends string>(words: readonly Word[]): (value: string) => Word {
  return (value) => {
    const word = words.find((word) => word === value);
    if (word === undefined) throw new Error(`"${value}" is not ${words.join(" or ")}`);
    return word;
  };
}

/** A number of at most nine digits, which fits what the kernel takes. */
export function wholeNumber(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new Error(`"${value}" is no whole number`);
  return Number(value);
}

export function absolutePath(value: string): string {
  if (!value.startsWith("/")) throw new Error(`"${value}" is no absolute path`);
  return value;
}

export function hostname(value: string): string {
  if (Buffer.byteLength(value) > HOST_NAME_MAX) throw new Error(`"${value}" is longer than ${HOST_NAME_MAX} bytes`);
  return value;
}

/** The names that uname(1) and distributions use. */
export function architecture(value: string): Architecture {
  const word = oneOf(["x86", "i686", "x86_64", "amd64"])(value);
  return word === "x86" || word === "i686" ? "x86" : "x86_64";
}

/** Names separated by spaces: `sys_admin net_raw`. */
export function capabilities(value: string): string[] {
  const names = value.split(/\s+/);
  for (const name of names) capabilityNumber(name); // throws for one that does not exist
  return names;
}

/** `u 0 100000 65536`. */
export function idMapLine(value: string): IdMapLine {
  const [kind = "", ...numbers] = value.split(/\s+/);
  if (numbers.length !== 3) throw new Error(`"${value}" is not of the form "u 0 100000 65536"`);
  const [containerId, hostId, size] = numbers.map(wholeNumber) as [number, number, number];
  return { kind: oneOf(["u", "g"])(kind), containerId, hostId, size };
}

/** `NAME=value`. */
export function environmentVariable(value: string): string {
  if (!/^[^=]+=/.test(value)) throw new Error(`"${value}" is not of the form NAME=value`);
  return value;
}

/** A network device's name: 15 bytes, without what dev_valid_name() in net/core/dev.c refuses. */
export function deviceName(value: string): string {
  if (!/^[^\s/:]{1,15}$/.test(value) || value === "." || value === "..") {
    throw new Error(`"${value}" is no name for a network device`);
  }
  return value;
}

/** `00:16:3e:12:34:56`. */
export function hardwareAddress(value: string): string {
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(value)) throw new Error(`"${value}" is no hardware address`);
  return value;
}

/** `10.0.3.2/24`; without a prefix, a single address. A broadcast address may follow, which the prefix determines anyway. */
export function ipWithPrefix(value: string, version: 4 | 6): IpNetwork {
  const [text = "", prefix] = value.split(/\s+/)[0]!.split("/");
  const address = ipAddress(text, version);
  const longest = version === 4 ? 32 : 128;
  const prefixLength = prefix === undefined ? longest : wholeNumber(prefix);
  if (prefixLength > longest) throw new Error(`"${value}" has a prefix longer than ${longest} bits`);
  return { address, prefixLength };
}

export function ipAddress(value: string, version: 4 | 6): string {
  const { isIP } = process.getBuiltinModule("node:net"); // on use: loading it takes milliseconds
  if (isIP(value) !== version) throw new Error(`"${value}" is no IPv${version} address`);
  return value;
}
