/**
 * What `linux.seccomp` of config.json must be.
 *
 * @see https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md#seccomp
 */
import { type Check, integer, list, object, oneOf, string, text, uint64, where } from "../check.ts";
import type { Place } from "../findings.ts";
import {
  type LinuxSeccomp,
  type LinuxSeccompArg,
  type LinuxSyscall,
  SECCOMP_ACTIONS,
  SECCOMP_ARCHITECTURES,
  SECCOMP_FLAGS,
  SECCOMP_OPERATORS,
} from "./config-seccomp.ts";

const action = oneOf(SECCOMP_ACTIONS, "a seccomp action");
/** SECCOMP_RET_DATA, the part of a filter's answer that carries it, has 16 bits. */
const errnoRet = integer(0, 0xffff);

const argument: Check<LinuxSeccompArg> = object<LinuxSeccompArg>(
  { index: integer(0, 5), value: uint64, op: oneOf(SECCOMP_OPERATORS, "a seccomp operator") },
  { valueTwo: uint64 },
);

const syscallName = where(string, (name, place) => {
  if (name === "") place.problem("empty");
});

const syscall: Check<LinuxSyscall> = object<LinuxSyscall>(
  { names: list(syscallName), action },
  { errnoRet, args: list(argument) },
);

/** All of `linux.seccomp`. */
export const checkSeccomp: Check<LinuxSeccomp> = object<LinuxSeccomp>(
  { defaultAction: action },
  {
    defaultErrnoRet: errnoRet,
    architectures: list(oneOf(SECCOMP_ARCHITECTURES, "a seccomp architecture")),
    flags: list(oneOf(SECCOMP_FLAGS, "a seccomp flag")),
    listenerPath: string,
    listenerMetadata: text,
    syscalls: list(syscall),
  },
  notifyCanWork,
);

/** The runtime itself must get as far as telling the listener: its own calls can't wait for an answer. */
function notifyCanWork(
  { defaultAction, listenerPath, listenerMetadata, syscalls = [] }: LinuxSeccomp,
  place: Place,
): void {
  if (defaultAction === "SCMP_ACT_NOTIFY")
    place.at("defaultAction").problem("SCMP_ACT_NOTIFY cannot be used as default action");
  const notifying = syscalls.filter((rule) => rule.action === "SCMP_ACT_NOTIFY");
  if (notifying.some(({ names }) => names.includes("write")))
    place.at("syscalls").problem("SCMP_ACT_NOTIFY cannot be used for the write syscall");
  if (notifying.length > 0 && !listenerPath) place.at("listenerPath").problem("missing, and SCMP_ACT_NOTIFY needs it");
  if (listenerMetadata && !listenerPath) place.at("listenerMetadata").problem("there is no listenerPath to send it to");
}
