/** Whose turn the container's program has: at the processor, on which one, at the disk; and what machine it believes to be on. */
import { isErrno } from "@eras/linux/errno.ts";
import { PER_LINUX, PER_LINUX32, personality } from "@eras/linux/personality.ts";
import {
  IOPRIO_CLASSES,
  ioprioSet,
  SCHED_FLAGS,
  SCHED_POLICIES,
  schedSetaffinity,
  schedSetattr,
} from "@eras/linux/scheduling.ts";
import type { LinuxIOPriority, Scheduler } from "@eras/oci-spec/runtime/config.ts";
import type { LinuxPersonality } from "@eras/oci-spec/runtime/config-linux.ts";
import { errorText } from "../error-text.ts";

/** Of the caller. */
const SELF = 0;

/**
 * Applies `process.scheduler` to this process. Call as root.
 *
 * @param cpus - Of the container's cgroup, if it has not all: a deadline can be kept only by who may run anywhere.
 */
export function setScheduler({ policy, flags = [], ...values }: Scheduler, cpus = ""): void {
  const bits = flags.reduce((sum, flag) => sum | SCHED_FLAGS[flag], 0);
  try {
    schedSetattr(SELF, { ...values, policy: SCHED_POLICIES[policy], flags: bits });
  } catch (error) {
    if (!isErrno(error, "EPERM") || cpus === "") throw failure("error setting scheduler", error);
    throw new Error("process scheduler can't be used together with AllowedCPUs", { cause: error });
  }
}

/** Applies `process.ioPriority` to this process. Call as root. */
export function setIoPriority({ class: ioClass, priority = 0 }: LinuxIOPriority): void {
  attempt("failed to set io priority", () => ioprioSet(SELF, IOPRIO_CLASSES[ioClass], priority));
}

/** Applies `linux.personality`. */
export function setPersonality({ domain }: LinuxPersonality): void {
  attempt("error setting personality", () => personality(domain === "LINUX32" ? PER_LINUX32 : PER_LINUX));
}

/**
 * Restricts a process to some processors.
 *
 * @param list - As in `process.execCPUAffinity`: `0-3,7`.
 * @throws {Error} When it is no such list, or when the process may use none of them.
 */
export function setCpuAffinity(pid: number, list: string): void {
  const cpus = parseCpuList(list);
  attempt(`error setting CPU affinity to ${list}`, () => schedSetaffinity(pid, cpus));
}

/** More than any Linux has: a list must not fill our memory. */
const MAX_CPU = 65535;

/** The numbers that a list means. @see https://man7.org/linux/man-pages/man7/cpuset.7.html, "List format" */
export function parseCpuList(list: string): number[] {
  return list.split(",").flatMap((part) => {
    const [, first, last = first] = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(part) ?? [];
    const [from, to] = [Number(first), Number(last)];
    if (!(from <= to && to <= MAX_CPU))
      throw new Error(`Cannot read CPU list ${JSON.stringify(list)}: ${JSON.stringify(part)}`);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
}

function attempt(what: string, call: () => void): void {
  try {
    call();
  } catch (error) {
    throw failure(what, error);
  }
}

function failure(what: string, error: unknown): Error {
  return new Error(`${what}: ${errorText(error as NodeJS.ErrnoException)}`, { cause: error });
}
