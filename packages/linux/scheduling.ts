/**
 * Whose turn it is: at the processor, on which processor, at the disk.
 *
 * @see https://man7.org/linux/man-pages/man7/sched.7.html
 */
import { libcFunction, systemCall } from "./libc.ts";

/** include/uapi/linux/sched.h */
export const SCHED_POLICIES = {
  SCHED_OTHER: 0,
  SCHED_FIFO: 1,
  SCHED_RR: 2,
  SCHED_BATCH: 3,
  SCHED_ISO: 4,
  SCHED_IDLE: 5,
  SCHED_DEADLINE: 6,
} as const;

/** The same file; the last two announce fields that are not set here. */
export const SCHED_FLAGS = {
  SCHED_FLAG_RESET_ON_FORK: 0x01,
  SCHED_FLAG_RECLAIM: 0x02,
  SCHED_FLAG_DL_OVERRUN: 0x04,
  SCHED_FLAG_KEEP_POLICY: 0x08,
  SCHED_FLAG_KEEP_PARAMS: 0x10,
  SCHED_FLAG_UTIL_CLAMP_MIN: 0x20,
  SCHED_FLAG_UTIL_CLAMP_MAX: 0x40,
} as const;

/** include/uapi/linux/ioprio.h */
export const IOPRIO_CLASSES = { IOPRIO_CLASS_RT: 1, IOPRIO_CLASS_BE: 2, IOPRIO_CLASS_IDLE: 3 } as const;

/** struct sched_attr. */
export interface SchedulingAttributes {
  readonly policy: number;
  /** SCHED_FLAG_…, or'ed together. */
  readonly flags?: number;
  /** For SCHED_OTHER and SCHED_BATCH: -20 to 19. */
  readonly nice?: number;
  /** For SCHED_FIFO and SCHED_RR: 1 to 99. */
  readonly priority?: number;
  /** For SCHED_DEADLINE, in nanoseconds, as are the next two. */
  readonly runtime?: number;
  readonly deadline?: number;
  readonly period?: number;
}

const SCHED_ATTR_SIZE = 56;
const IOPRIO_WHO_PROCESS = 1;
const IOPRIO_CLASS_SHIFT = 13;

const schedSetattrCall = systemCall<[number, Buffer, number]>("sched_setattr", ["int", "void *", "uint"]);
const ioprioSetCall = systemCall<[number, number, number]>("ioprio_set", ["int", "int", "int"]);
const schedSetaffinityFunction = libcFunction<[number, number, Buffer]>(
  "int sched_setaffinity(int pid, size_t size, void *mask)",
);

/**
 * Changes how a process is scheduled.
 *
 * @param pid - 0 for the caller.
 * @throws {ErrnoError} EPERM without CAP_SYS_NICE, EINVAL for values that don't fit the policy, EBUSY when deadlines can't be kept.
 * @see https://man7.org/linux/man-pages/man2/sched_setattr.2.html
 */
export function schedSetattr(pid: number, attributes: SchedulingAttributes): void {
  const { policy, flags = 0, nice = 0, priority = 0, runtime = 0, deadline = 0, period = 0 } = attributes;
  const bytes = Buffer.alloc(SCHED_ATTR_SIZE);
  bytes.writeUInt32LE(SCHED_ATTR_SIZE, 0);
  bytes.writeUInt32LE(policy, 4);
  bytes.writeBigUInt64LE(BigInt(flags), 8);
  bytes.writeInt32LE(nice, 16);
  bytes.writeUInt32LE(priority, 20);
  for (const [i, time] of [runtime, deadline, period].entries()) bytes.writeBigUInt64LE(BigInt(time), 24 + 8 * i);
  schedSetattrCall(pid, bytes, 0);
}

/**
 * Changes a process's turn at the disk.
 *
 * @param pid - 0 for the caller.
 * @param level - Within the class: 0, the highest, to 7.
 * @throws {ErrnoError} EPERM for the real-time class without CAP_SYS_ADMIN or CAP_SYS_NICE.
 * @see https://man7.org/linux/man-pages/man2/ioprio_set.2.html
 */
export function ioprioSet(pid: number, ioClass: number, level: number): void {
  ioprioSetCall(IOPRIO_WHO_PROCESS, pid, (ioClass << IOPRIO_CLASS_SHIFT) | level);
}

/**
 * Restricts a process to some processors.
 *
 * @param pid - 0 for the caller.
 * @throws {ErrnoError} EINVAL when the machine, or the process's cpuset, has none of them.
 * @see https://man7.org/linux/man-pages/man2/sched_setaffinity.2.html
 */
export function schedSetaffinity(pid: number, cpus: readonly number[]): void {
  const mask = Buffer.alloc(8 * (Math.floor(Math.max(0, ...cpus) / 64) + 1)); // words of 64 bits; little-endian, so bytes will do
  for (const cpu of cpus) mask[cpu >> 3]! |= 1 << (cpu & 7);
  schedSetaffinityFunction(pid, mask.length, mask);
}
