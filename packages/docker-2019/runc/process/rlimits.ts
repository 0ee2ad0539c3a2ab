/**
 * Resource limits of the container's program: set from outside, by the parent, because the init may have lost the right to raise them. Those of
 * memory would end the init, which is a Node, so they are only made possible, and the init takes them on when it is about to become the program.
 */

import { isErrno } from "@eras/linux/errno.ts";
import { prlimit, RESOURCES } from "@eras/linux/rlimits.ts";
import type { POSIXRlimit } from "@eras/oci-spec/runtime/config.ts";
import { errorText } from "../error-text.ts";

/** @throws {Error} When one isn't among those of getrlimit(2). Call before anything is made. */
export function checkRlimits(rlimits: readonly POSIXRlimit[] = []): void {
  const unknown = rlimits.find(({ type }) => !Object.hasOwn(RESOURCES, type));
  if (unknown) throw new Error(`wrong rlimit value: ${unknown.type}`);
}

const OF_MEMORY: readonly string[] = ["RLIMIT_AS", "RLIMIT_DATA", "RLIMIT_STACK"];

/**
 * Sets the limits of another process; those of memory stay as they are, or are raised, until it calls {@link takeOnMemoryLimits}.
 *
 * @param pid - As the caller's PID namespace has it.
 * @throws {Error} With the resource's number: a soft limit above the hard one, or no right to raise a hard one.
 */
export function applyRlimits(pid: number, rlimits: readonly POSIXRlimit[] = []): void {
  for (const { type, soft, hard } of rlimits) {
    const resource = resourceOf(type);
    explaining(resource, () => {
      if (OF_MEMORY.includes(type) && soft <= hard) {
        const now = prlimit(pid, resource);
        prlimit(pid, resource, { soft: larger(now.soft, soft), hard: larger(now.hard, hard) });
      } else prlimit(pid, resource, { soft, hard });
    });
  }
}

/** Sets our own limits of memory, after `applyRlimits`. There may be no more to have: call right before execve. */
export function takeOnMemoryLimits(rlimits: readonly POSIXRlimit[] = []): void {
  for (const { type, soft, hard } of rlimits.filter(({ type }) => OF_MEMORY.includes(type))) {
    const resource = resourceOf(type);
    explaining(resource, () => prlimit(0, resource, { soft, hard }));
  }
}

/** The kernel's number of a limit that {@link checkRlimits} has passed. */
function resourceOf(type: string): number {
  return RESOURCES[type as keyof typeof RESOURCES];
}

function larger<Value extends number | bigint>(one: Value, other: Value): Value {
  return one > other ? one : other;
}

function explaining(resource: number, set: () => void): void {
  try {
    set();
  } catch (error) {
    if (!isErrno(error, "EINVAL", "EPERM", "ESRCH")) throw error;
    throw new Error(`error setting rlimit type ${resource}: ${errorText(error)}`, { cause: error });
  }
}
