/**
 * The container's filter of system calls: `linux.seccomp`.
 *
 *     loadSeccomp       in the parent: the profile is checked and compiled, while its tables are in reach
 *     installSeccomp    in the init, where it holds at once. When is decided by no_new_privs:
 *
 *     without it   only who has CAP_SYS_ADMIN may install a filter: before privileges are dropped
 *     with it      last of all, so that the filter need not allow what comes between
 *
 * A filter with a listener comes before "ready" in any case: the parent takes the listener's descriptor from us (seccomp-notify.ts).
 */
import type { SeccompArchitecture } from "@eras/linux/seccomp/architectures.ts";
import { actionResult, type SeccompProfile, type SeccompRule } from "@eras/linux/seccomp/profile.ts";
import { compileSeccompFilter, prepareSeccompFilter, type SeccompFlag } from "@eras/linux/seccomp.ts";
import type {
  LinuxSeccomp,
  LinuxSeccompAction,
  LinuxSeccompArch,
  LinuxSyscall,
} from "@eras/oci-spec/runtime/config-seccomp.ts";
import { step } from "../../step.ts";

/** A filter, ready to be installed. */
export interface SeccompFilter {
  readonly program: Buffer;
  readonly flags: readonly SeccompFlag[];
  readonly listener?: SeccompListener;
}

/** Who decides on calls with the action NOTIFY. */
export interface SeccompListener {
  readonly path: string;
  readonly metadata: string;
}

/** @throws {Error} When the profile can't be meant, in runc's words where it has some. */
export function loadSeccomp(profile: LinuxSeccomp): SeccompFilter {
  const notifies = checkNotify(profile);
  const { flags = [], listenerPath = "", listenerMetadata = "" } = profile;
  const program = compileSeccompFilter(asMeant(profile), { newerCallsAreUnknown: true });
  if (!notifies) return { program, flags };
  if (listenerPath === "") throw new Error("listenerPath is not set");
  return {
    program,
    flags: [...withoutTsync(flags), "SECCOMP_FILTER_FLAG_NEW_LISTENER"],
    listener: { path: listenerPath, metadata: listenerMetadata },
  };
}

/** @returns Whether a listener is needed. */
function checkNotify({ defaultAction, syscalls = [] }: LinuxSeccomp): boolean {
  if (defaultAction === "SCMP_ACT_NOTIFY") throw new Error("SCMP_ACT_NOTIFY cannot be used as default action");
  const names = syscalls.filter(({ action }) => action === "SCMP_ACT_NOTIFY").flatMap((rule) => rule.names);
  if (names.includes("write")) throw new Error("SCMP_ACT_NOTIFY cannot be used for the write syscall"); // it says "ready"
  return names.length > 0;
}

function asMeant(profile: LinuxSeccomp): SeccompProfile {
  const { defaultAction, defaultErrnoRet, architectures = [] } = profile;
  return {
    defaultAction,
    ...(defaultErrnoRet !== undefined && WITH_ERRNO.has(defaultAction) && { defaultErrnoRet }),
    architectures: architectures.filter(isServedHere),
    syscalls: inOrder(profile),
  };
}

/** The actions that give an error. Some generators write one beside others too. */
const WITH_ERRNO: ReadonlySet<LinuxSeccompAction> = new Set(["SCMP_ACT_ERRNO", "SCMP_ACT_TRACE"]);

/**
 * The rules as libseccomp, and so runc, weighs them: one without arguments beats those with arguments, and one that says what the
 * default says anyway beats nobody.
 */
function inOrder(profile: LinuxSeccomp): SeccompRule[] {
  const byDefault = resultOf(profile.defaultAction, profile.defaultErrnoRet);
  const weight = ({ action, errnoRet, args = [] }: LinuxSyscall) =>
    resultOf(action, errnoRet) === byDefault ? 2 : Math.sign(args.length);
  const rules = (profile.syscalls ?? []).filter(({ names }) => names.length > 0);
  return rules.toSorted((a, b) => weight(a) - weight(b)).map(withoutUselessErrno);
}

function resultOf(action: LinuxSeccompAction, errnoRet: number | undefined): number {
  return actionResult(action, WITH_ERRNO.has(action) ? errnoRet : undefined);
}

function withoutUselessErrno({ errnoRet, ...rule }: LinuxSyscall): SeccompRule {
  return errnoRet !== undefined && WITH_ERRNO.has(rule.action) ? { ...rule, errnoRet } : rule;
}

/** The two don't go together, and the init has one thread anyway. */
function withoutTsync(flags: readonly SeccompFlag[]): SeccompFlag[] {
  return flags.filter((flag) => flag !== "SECCOMP_FILTER_FLAG_TSYNC");
}

/** A machine makes the calls of these alone, so rules for any other would never be asked. */
const SERVED: Readonly<Record<string, readonly SeccompArchitecture[]>> = {
  x64: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
  arm64: ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"],
};

function isServedHere(name: LinuxSeccompArch): name is SeccompArchitecture {
  return (SERVED[process.arch] as readonly string[]).includes(name);
}

/**
 * Installs the filter on this process. Without CAP_SYS_ADMIN, no_new_privs must be set.
 *
 * @returns The listener's descriptor, for the parent to take, or none.
 */
export function installSeccomp(filter: SeccompFilter): number | undefined {
  return prepareSeccomp(filter)();
}

/** Makes everything ready for the filter, and tells the trace: the function that it returns, which installs it, does nothing else. */
export function prepareSeccomp({ program, flags, listener }: SeccompFilter): () => number | undefined {
  step("runc.install-seccomp", { flags });
  const install = prepareSeccompFilter(program, flags);
  return () => {
    const fd = install();
    return listener === undefined ? undefined : fd;
  };
}
