/**
 * What a seccomp profile says, in the words of the OCI runtime specification (`linux.seccomp` of config.json).
 *
 *     { defaultAction: "SCMP_ACT_ALLOW",
 *       syscalls: [{ names: ["reboot"], action: "SCMP_ACT_ERRNO", errnoRet: 1 }] }
 *
 * How it is read:
 * - The first rule that matches a call decides, and the default action if none does. (libseccomp lets a rule without arguments win
 *   over those with arguments, wherever it stands; profiles that don't contradict themselves mean the same to both.)
 * - The conditions of a rule must all hold. But if two of them look at the same argument, each is a rule of its own, so that one of
 *   them is enough: runc and crun read it so, and profiles rely on it.
 * - Names that an architecture doesn't know are passed over, as libseccomp's users do: profiles name calls of newer kernels.
 * - Architectures: the machine's own always, and those that are listed. A call of any other kills the process.
 *
 * @see https://github.com/opencontainers/runtime-spec/blob/v1.1.0/config-linux.md#seccomp
 */
import type { SeccompArchitecture } from "./architectures.ts";

/** A whole profile. */
export interface SeccompProfile {
  readonly defaultAction: SeccompAction;
  /** For a default action of ERRNO or TRACE; EPERM if left out. */
  readonly defaultErrnoRet?: number;
  readonly architectures?: readonly SeccompArchitecture[];
  readonly syscalls?: readonly SeccompRule[];
}

/** What happens to some calls. */
export interface SeccompRule {
  readonly names: readonly string[];
  readonly action: SeccompAction;
  /** The error that ERRNO returns, or the message that TRACE gives to the tracer; EPERM if left out. */
  readonly errnoRet?: number;
  readonly args?: readonly SeccompCondition[];
}

/** A comparison of one of a call's arguments, as an unsigned number. Pointers can't be followed. */
export interface SeccompCondition {
  /** 0 to 5. */
  readonly index: number;
  /** A `bigint` where a number would not be exact. */
  readonly value: number | bigint;
  /** MASKED_EQ: what `argument & value` must be. */
  readonly valueTwo?: number | bigint;
  readonly op: SeccompOperator;
}

/** How `argument` compares with `value`. */
export type SeccompOperator =
  | "SCMP_CMP_NE"
  | "SCMP_CMP_LT"
  | "SCMP_CMP_LE"
  | "SCMP_CMP_EQ"
  | "SCMP_CMP_GE"
  | "SCMP_CMP_GT"
  | "SCMP_CMP_MASKED_EQ";

/**
 * What a filter may answer, in the upper half of its result: include/uapi/linux/seccomp.h.
 *
 * KILL ends the thread, as does its other name KILL_THREAD; TRAP sends SIGSYS; NOTIFY asks the process with the listener; TRACE
 * asks the ptracer; LOG allows and leaves a line in the kernel's log.
 */
const ACTIONS = {
  SCMP_ACT_KILL: 0x0000_0000,
  SCMP_ACT_KILL_THREAD: 0x0000_0000,
  SCMP_ACT_KILL_PROCESS: 0x8000_0000,
  SCMP_ACT_TRAP: 0x0003_0000,
  SCMP_ACT_ERRNO: 0x0005_0000,
  SCMP_ACT_NOTIFY: 0x7fc0_0000,
  SCMP_ACT_TRACE: 0x7ff0_0000,
  SCMP_ACT_LOG: 0x7ffc_0000,
  SCMP_ACT_ALLOW: 0x7fff_0000,
} as const;
export type SeccompAction = keyof typeof ACTIONS;

/** A call of an architecture that the profile doesn't know: its number means nothing, so nothing else is safe. */
export const BAD_ARCHITECTURE_RESULT = ACTIONS.SCMP_ACT_KILL_PROCESS;

const EPERM = 1;
/** Above this the kernel returns this: MAX_ERRNO. */
const MAX_ERRNO = 4095;
const MAX_TRACE_MESSAGE = 0xffff;

/** The result of a filter that means this action. @throws {Error} When there is no such action, or it takes no such number. */
export function actionResult(action: SeccompAction, errnoRet: number | undefined): number {
  const result: number | undefined = ACTIONS[action];
  if (result === undefined) throw new Error(`Cannot compile seccomp profile: "${action}" is no action`);
  const maximum = action === "SCMP_ACT_ERRNO" ? MAX_ERRNO : action === "SCMP_ACT_TRACE" ? MAX_TRACE_MESSAGE : undefined;
  if (maximum === undefined) {
    if (errnoRet !== undefined) throw new Error(`Cannot compile seccomp profile: ${action} takes no errnoRet`);
    return result;
  }
  const number = errnoRet ?? EPERM;
  if (Number.isInteger(number) && number >= 0 && number <= maximum) return result | number;
  throw new Error(`Cannot compile seccomp profile: errnoRet ${number} of ${action} is not within 0 to ${maximum}`);
}
