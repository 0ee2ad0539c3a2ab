/**
 * Capabilities: the powers of root, cut in about forty pieces. A thread has five sets of them:
 *
 *     effective     what the kernel looks at
 *     permitted     what may be made effective again
 *     inheritable   with file capabilities, what may survive execve
 *     bounding      the most that execve can ever give; only shrinks
 *     ambient       what survives execve of an ordinary program by a user that is not root; within permitted and inheritable
 *
 * At execve, where F are the file's sets (for root they are full), and ambient goes if the file has sets of its own:
 *
 *     permitted' = (inheritable & F.inheritable) | (F.permitted & bounding) | ambient
 *
 * So a container's root is held by the bounding set: drop from it first, which needs CAP_SETPCAP, then from the others. A set is a
 * bigint, bit n for capability n. All calls concern the calling thread; what the main thread has is what execve carries over.
 *
 * @see https://man7.org/linux/man-pages/man7/capabilities.7.html
 */
import { readFileSync } from "node:fs";
import { isErrno } from "./errno.ts";
import { libcFunction, systemCall } from "./libc.ts";

// biome-ignore format: one line per eight, as the bits lie in a mask
const NAMES = [
  "chown", "dac_override", "dac_read_search", "fowner", "fsetid", "kill", "setgid", "setuid",
  "setpcap", "linux_immutable", "net_bind_service", "net_broadcast", "net_admin", "net_raw", "ipc_lock", "ipc_owner",
  "sys_module", "sys_rawio", "sys_chroot", "sys_ptrace", "sys_pacct", "sys_admin", "sys_boot", "sys_nice",
  "sys_resource", "sys_time", "sys_tty_config", "mknod", "lease", "audit_write", "audit_control", "setfcap",
  "mac_override", "mac_admin", "syslog", "wake_alarm", "block_suspend", "audit_read", "perfmon", "bpf",
  "checkpoint_restore",
] as const;

/** A capability as LXC writes it: `CAP_SYS_ADMIN` is `sys_admin`. */
export type CapabilityName = (typeof NAMES)[number];

/** The number of each capability: include/uapi/linux/capability.h. */
export const CAPABILITIES: Readonly<Record<CapabilityName, number>> = Object.fromEntries(
  NAMES.map((name, number) => [name, number]),
) as Record<CapabilityName, number>; // fromEntries forgets the names of the keys

/** The three sets that capget(2) and capset(2) know. */
export interface CapabilitySets {
  readonly effective: bigint;
  readonly permitted: bigint;
  readonly inheritable: bigint;
}

/** struct __user_cap_header_struct: version, pid (0: the caller). Version 3 has masks of two 32-bit words. */
const HEADER = Buffer.from(new Uint32Array([0x2008_0522, 0]).buffer);
export const PR_CAPBSET_READ = 23;
export const PR_CAPBSET_DROP = 24;
export const PR_CAP_AMBIENT = 47;
export const PR_CAP_AMBIENT_IS_SET = 1;
export const PR_CAP_AMBIENT_RAISE = 2;
export const PR_CAP_AMBIENT_CLEAR_ALL = 4;

const capget = systemCall<[Buffer, Buffer]>("capget", ["void *", "void *"]);
const capset = systemCall<[Buffer, Buffer]>("capset", ["void *", "void *"]);
const prctl = libcFunction<[number, number, number, number, number]>(
  "int prctl(int option, ulong arg2, ulong arg3, ulong arg4, ulong arg5)",
);

/**
 * The number of a capability, by any spelling: `CAP_SYS_ADMIN`, `SYS_ADMIN`, `sys_admin`.
 *
 * @throws {Error} When there is none of that name.
 */
export function capabilityNumber(name: string): number {
  const number = (NAMES as readonly string[]).indexOf(name.toLowerCase().replace(/^cap_/, ""));
  if (number === -1) throw new Error(`Cannot find capability "${name}"`);
  return number;
}

/** The set of the capabilities with these names. */
export function capabilitySet(names: Iterable<string>): bigint {
  let set = 0n;
  for (const name of names) set |= 1n << BigInt(capabilityNumber(name));
  return set;
}

/** The highest capability that this kernel knows, which may be one without a name here. */
export function lastCapability(): number {
  return Number(readFileSync("/proc/sys/kernel/cap_last_cap", "utf8"));
}

/**
 * The effective, permitted and inheritable set of the calling thread.
 *
 * @see https://man7.org/linux/man-pages/man2/capget.2.html
 */
export function getCapabilities(): CapabilitySets {
  const words = Buffer.alloc(24);
  capget(HEADER, words);
  const set = (offset: number) => BigInt(words.readUInt32LE(offset)) | (BigInt(words.readUInt32LE(offset + 12)) << 32n);
  return { effective: set(0), permitted: set(4), inheritable: set(8) };
}

/**
 * Replaces the three sets. Ambient capabilities that are no longer permitted and inheritable go too.
 *
 * @throws {ErrnoError} EPERM when a set grows beyond what is permitted.
 * @see https://man7.org/linux/man-pages/man2/capset.2.html
 */
export function setCapabilities({ effective, permitted, inheritable }: CapabilitySets): void {
  const words = Buffer.alloc(24); // the three low words, then the three high ones
  for (const [i, set] of [effective, permitted, inheritable].entries()) {
    words.writeUInt32LE(Number(set & 0xffff_ffffn), 4 * i);
    words.writeUInt32LE(Number(set >> 32n), 4 * i + 12);
  }
  capset(HEADER, words);
}

/** The bounding set of the calling thread. */
export function getBoundingSet(): bigint {
  return collect(boundingHas);
}

/** Whether a capability, by number, is in the bounding set. False for numbers that the kernel does not know. */
export function boundingHas(capability: number): boolean {
  return isSet(() => prctl(PR_CAPBSET_READ, capability, 0, 0, 0));
}

/**
 * Takes a capability, by number, out of the bounding set for ever. Sets that hold it already keep it until execve.
 *
 * @throws {ErrnoError} EPERM without CAP_SETPCAP; EINVAL for a number that the kernel does not know.
 * @see https://man7.org/linux/man-pages/man2/PR_CAPBSET_DROP.2const.html
 */
export function dropBoundingCapability(capability: number): void {
  prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
}

/** The ambient set of the calling thread. */
export function getAmbientSet(): bigint {
  return collect((capability) => isSet(() => prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, capability, 0, 0)));
}

/**
 * Adds a capability, by number, to the ambient set.
 *
 * @throws {ErrnoError} EPERM unless it is both permitted and inheritable.
 * @see https://man7.org/linux/man-pages/man2/PR_CAP_AMBIENT.2const.html
 */
export function raiseAmbient(capability: number): void {
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0);
}

/** Empties the ambient set. */
export function clearAmbient(): void {
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

function collect(has: (capability: number) => boolean): bigint {
  let set = 0n;
  for (let capability = 0; capability <= lastCapability(); capability++) {
    if (has(capability)) set |= 1n << BigInt(capability);
  }
  return set;
}

/** The kernel answers EINVAL for capabilities that are newer than it. */
function isSet(read: () => number): boolean {
  try {
    return read() === 1;
  } catch (error) {
    if (isErrno(error, "EINVAL")) return false;
    throw error;
  }
}
