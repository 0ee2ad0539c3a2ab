/** Resource limits of the container's program: set from outside, by the parent, because the init may have lost the right to raise them. */

import { isErrno } from "@eras/linux/errno.ts";
import {
  prlimit,
  RLIMIT_AS,
  RLIMIT_CORE,
  RLIMIT_CPU,
  RLIMIT_DATA,
  RLIMIT_FSIZE,
  RLIMIT_LOCKS,
  RLIMIT_MEMLOCK,
  RLIMIT_MSGQUEUE,
  RLIMIT_NICE,
  RLIMIT_NOFILE,
  RLIMIT_NPROC,
  RLIMIT_RSS,
  RLIMIT_RTPRIO,
  RLIMIT_RTTIME,
  RLIMIT_SIGPENDING,
  RLIMIT_STACK,
} from "@eras/linux/rlimits.ts";
import type { POSIXRlimit } from "@eras/oci-spec/runtime/config.ts";
import { errorText } from "./error-text.ts";

const RESOURCES: Readonly<Record<string, number>> = {
  RLIMIT_AS,
  RLIMIT_CORE,
  RLIMIT_CPU,
  RLIMIT_DATA,
  RLIMIT_FSIZE,
  RLIMIT_LOCKS,
  RLIMIT_MEMLOCK,
  RLIMIT_MSGQUEUE,
  RLIMIT_NICE,
  RLIMIT_NOFILE,
  RLIMIT_NPROC,
  RLIMIT_RSS,
  RLIMIT_RTPRIO,
  RLIMIT_RTTIME,
  RLIMIT_SIGPENDING,
  RLIMIT_STACK,
};

/** @throws {Error} When one isn't among those of getrlimit(2). Call before anything is made. */
export function checkRlimits(rlimits: readonly POSIXRlimit[] = []): void {
  const unknown = rlimits.find(({ type }) => RESOURCES[type] === undefined);
  if (unknown) throw new Error(`wrong rlimit value: ${unknown.type}`);
}

/**
 * Sets the limits of another process.
 *
 * @param pid - As the caller's PID namespace has it.
 * @throws {Error} With the resource's number: a soft limit above the hard one, or no right to raise a hard one.
 */
export function applyRlimits(pid: number, rlimits: readonly POSIXRlimit[] = []): void {
  for (const { type, soft, hard } of rlimits) {
    const resource = RESOURCES[type]!; // checked
    try {
      prlimit(pid, resource, { soft, hard });
    } catch (error) {
      if (!isErrno(error, "EINVAL", "EPERM", "ESRCH")) throw error;
      throw new Error(`error setting rlimit type ${resource}: ${errorText(error)}`, { cause: error });
    }
  }
}
