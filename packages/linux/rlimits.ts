/**
 * Resource limits: what one process, or one user, may take. The soft limit holds; the owner may move it up to the hard one.
 *
 * @see https://man7.org/linux/man-pages/man2/getrlimit.2.html
 */
import { libcFunction } from "./libc.ts";

/** What has a limit, by the names of getrlimit(2). */
export const RESOURCES = {
  RLIMIT_CPU: 0,
  RLIMIT_FSIZE: 1,
  RLIMIT_DATA: 2,
  RLIMIT_STACK: 3,
  RLIMIT_CORE: 4,
  RLIMIT_RSS: 5,
  RLIMIT_NPROC: 6,
  RLIMIT_NOFILE: 7,
  RLIMIT_MEMLOCK: 8,
  RLIMIT_AS: 9,
  RLIMIT_LOCKS: 10,
  RLIMIT_SIGPENDING: 11,
  RLIMIT_MSGQUEUE: 12,
  RLIMIT_NICE: 13,
  RLIMIT_RTPRIO: 14,
  RLIMIT_RTTIME: 15,
} as const;

/** A limit in the unit of its resource: bytes, seconds, descriptors … `Infinity` is the kernel's RLIM_INFINITY. */
export interface ResourceLimit {
  readonly soft: number;
  readonly hard: number;
}

/** What a limit may be set to: as `ResourceLimit`, and exactly where a number isn't; 2⁶⁴-1 is infinity too. */
export interface NewResourceLimit {
  readonly soft: number | bigint;
  readonly hard: number | bigint;
}

const RLIM_INFINITY = 0xffff_ffff_ffff_ffffn;

const prlimitFunction = libcFunction<[number, number, Buffer | null, Buffer]>(
  "int prlimit(int pid, int resource, void *new_limit, void *old_limit)",
);

/**
 * Reads a process's limit, and sets a new one if it is given.
 *
 * @param pid - 0 for the caller.
 * @returns The limit as it was before.
 * @throws {ErrnoError} EPERM for a higher hard limit without CAP_SYS_RESOURCE; EINVAL when soft is above hard.
 * @see https://man7.org/linux/man-pages/man2/prlimit.2.html
 */
export function prlimit(pid: number, resource: number, limit?: NewResourceLimit): ResourceLimit {
  const old = Buffer.alloc(16);
  prlimitFunction(pid, resource, limit === undefined ? null : encode(limit), old);
  return { soft: decodeValue(old.readBigUInt64LE(0)), hard: decodeValue(old.readBigUInt64LE(8)) };
}

/** The caller's limit. */
export function getrlimit(resource: number): ResourceLimit {
  return prlimit(0, resource);
}

/** Sets the caller's limit, for all its threads and for what it starts. */
export function setrlimit(resource: number, limit: ResourceLimit): void {
  prlimit(0, resource, limit);
}

/** struct rlimit: two 64-bit numbers, soft and hard. */
function encode({ soft, hard }: NewResourceLimit): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeBigUInt64LE(encodeValue(soft), 0);
  bytes.writeBigUInt64LE(encodeValue(hard), 8);
  return bytes;
}

function encodeValue(value: number | bigint): bigint {
  return value === Infinity ? RLIM_INFINITY : BigInt(value);
}

function decodeValue(value: bigint): number {
  return value === RLIM_INFINITY ? Infinity : Number(value);
}
