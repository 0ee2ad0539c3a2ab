/**
 * System call filters: a profile becomes a program that the kernel runs at each call of the thread and of its children.
 *
 *     profile ── compileSeccompFilter ──▶ filter ── installSeccompFilter ──▶ kernel          (seccomp/profile.ts: how it is read)
 *
 *     which architecture?          seccomp/architectures.ts       other: kill
 *       which call?                seccomp/call-tree.ts
 *         which arguments?         seccomp/conditions.ts
 *           result                 allow, errno, kill, …
 *
 * A filter can't be taken off, and holds for the installer at once: install it last.
 *
 * @see https://man7.org/linux/man-pages/man2/seccomp.2.html
 */
import { constants } from "node:os";
import { isErrno } from "./errno.ts";
import { koffi, reportCall, systemCall } from "./libc.ts";
import {
  type Architecture,
  architecture,
  nativeArchitecture,
  systemCallNumbers,
  X32_BIT,
} from "./seccomp/architectures.ts";
import { type Case, compileCallTree, type Others, type Verdict } from "./seccomp/call-tree.ts";
import { branch, type Code, encode, load, result } from "./seccomp/classic-bpf.ts";
import { multiplexerOf } from "./seccomp/multiplexed-calls.ts";
import {
  actionResult,
  BAD_ARCHITECTURE_RESULT,
  type SeccompAction,
  type SeccompCondition,
  type SeccompProfile,
  type SeccompRule,
} from "./seccomp/profile.ts";

/** struct seccomp_data: number of the call (4 bytes), architecture (4), instruction pointer (8), six arguments (8 each). */
const NUMBER_OFFSET = 0;
const ARCHITECTURE_OFFSET = 4;

const { ENOSYS } = constants.errno;
/** Defaults that let a call pass, the last one to a tracer. */
const PERMISSIVE: ReadonlySet<SeccompAction> = new Set(["SCMP_ACT_ALLOW", "SCMP_ACT_LOG", "SCMP_ACT_TRACE"]);

/** What a tracer sets to skip a call; the filter sees it too. */
const SKIPPED_CALL = 0xffff_ffff;

/** What a profile does not say itself. */
export interface CompileOptions {
  /**
   * Calls that are newer than all that the profile names fail with ENOSYS, on the architectures that it lists, unless its default
   * lets calls pass. A libc that tries a new call first then falls back to the old one; with EPERM it would give up. runc's idea.
   */
  readonly newerCallsAreUnknown?: boolean;
}

/**
 * Translates a profile into a filter.
 *
 * @throws {Error} When the profile contains what can't be meant, or becomes longer than the kernel takes.
 */
export function compileSeccompFilter(profile: SeccompProfile, { newerCallsAreUnknown }: CompileOptions = {}): Buffer {
  const other = actionResult(profile.defaultAction, profile.defaultErrnoRet);
  const names = new Set([nativeArchitecture(), ...(profile.architectures ?? [])]);
  const cases = (profile.syscalls ?? []).flatMap(casesOf);
  const trees = [...names].map((name) => {
    const on = architecture(name);
    const verdicts = verdictsOf(cases, on, other);
    const endsSomewhere = newerCallsAreUnknown && profile.architectures?.includes(name);
    const newer = endsSomewhere && !PERMISSIVE.has(profile.defaultAction) ? newerThan(verdicts) : undefined;
    return { on, code: compileCallTree(verdicts, { result: other, newer }, on) };
  });
  return encode([...load(ARCHITECTURE_OFFSET), ...chooseArchitecture(trees, other)]);
}

/** The filter for the calls of one architecture. */
interface Tree {
  readonly on: Architecture;
  readonly code: Code;
}

function chooseArchitecture(trees: readonly Tree[], other: number): Code {
  let code = result(BAD_ARCHITECTURE_RESULT);
  for (const audit of new Set(trees.map(({ on }) => on.audit))) {
    const those = trees.filter(({ on }) => on.audit === audit);
    code = branch("JEQ_K", audit, [...load(NUMBER_OFFSET), ...chooseByNumber(those, other)], code);
  }
  return code;
}

/** Numbers with the bit of x32 are no calls of x86_64, even if the profile doesn't speak of x32. On others it is never set. */
function chooseByNumber(trees: readonly Tree[], other: number): Code {
  const withBit = trees.find(({ on }) => on.numberBit !== 0)?.code ?? result(BAD_ARCHITECTURE_RESULT);
  const withoutBit = trees.find(({ on }) => on.numberBit === 0)?.code ?? result(BAD_ARCHITECTURE_RESULT);
  return branch("JGE_K", X32_BIT, branch("JEQ_K", SKIPPED_CALL, result(other), withBit), withoutBit);
}

/** The calls after all that the profile names. */
function newerThan(verdicts: ReadonlyMap<number, Verdict>): Others["newer"] {
  const last = [...verdicts.keys()].reduce((a, b) => Math.max(a, b), -1);
  return last === -1 ? undefined : { from: last + 1, result: actionResult("SCMP_ACT_ERRNO", ENOSYS) };
}

function verdictsOf(named: readonly NamedCase[], on: Architecture, other: number): Map<number, Verdict> {
  const numbers = systemCallNumbers(on);
  const cases = new Map<number, Case[]>();
  for (const { call, conditions, result } of named) {
    const number = numbers.get(call);
    if (number !== undefined) cases.set(number, [...(cases.get(number) ?? []), { conditions, result }]);
  }
  return new Map([...cases].map(([number, list]) => [number, verdictOf(list, other)]));
}

/** The cases up to the first without conditions, which decides all that is left. */
function verdictOf(cases: readonly Case[], other: number): Verdict {
  const last = cases.findIndex(({ conditions }) => conditions.length === 0);
  if (last === -1) return { cases, otherwise: other };
  return { cases: cases.slice(0, last), otherwise: cases[last]!.result };
}

interface NamedCase extends Case {
  readonly call: string;
}

function casesOf(rule: SeccompRule): NamedCase[] {
  if (rule.names.length === 0) throw new Error("Cannot compile seccomp profile: a rule names no system call");
  const result = actionResult(rule.action, rule.errnoRet);
  return rule.names.flatMap((call) =>
    alternatives(rule.args ?? []).flatMap((conditions) => [
      { call, conditions, result },
      ...throughMultiplexer(call, conditions, result),
    ]),
  );
}

/** Two conditions on one argument: each is enough. */
function alternatives(args: readonly SeccompCondition[]): (readonly SeccompCondition[])[] {
  const distinct = new Set(args.map(({ index }) => index)).size === args.length;
  return distinct ? [args] : args.map((condition) => [condition]);
}

function throughMultiplexer(call: string, conditions: readonly SeccompCondition[], result: number): NamedCase[] {
  const through = multiplexerOf(call);
  if (through === undefined || conditions.length > 0) return [];
  const selects: SeccompCondition = { index: 0, op: "SCMP_CMP_EQ", value: through.selector };
  return [{ call: through.multiplexer, conditions: [selects], result }];
}

const SECCOMP_SET_MODE_FILTER = 1;
const INSTRUCTION_SIZE = 8;

/** How to install a filter: include/uapi/linux/seccomp.h. */
const FLAGS = {
  /** On all threads of the process. */
  SECCOMP_FILTER_FLAG_TSYNC: 1,
  /** Leave a line in the kernel's log for all results but ALLOW. */
  SECCOMP_FILTER_FLAG_LOG: 2,
  /** Keep the speculation that is otherwise switched off against Spectre. */
  SECCOMP_FILTER_FLAG_SPEC_ALLOW: 4,
  /** Return a descriptor that hears of calls with the result NOTIFY. */
  SECCOMP_FILTER_FLAG_NEW_LISTENER: 8,
  /** Together with a listener: a thread that TSYNC can't reach is an error instead of the returned number. */
  SECCOMP_FILTER_FLAG_TSYNC_ESRCH: 16,
  /** A call that waits for the listener can be ended by deadly signals alone. */
  SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: 32,
} as const;
export type SeccompFlag = keyof typeof FLAGS;

// Bare: the observer makes calls of its own, which a strict filter would punish.
const seccomp = systemCall<[number, number, Buffer | null]>("seccomp", ["uint", "uint", "void *"], { bare: true });

/**
 * Installs a filter on the calling thread, on top of those it has. Without CAP_SYS_ADMIN, `setNoNewPrivs` must come first.
 *
 * @returns The listener's descriptor, which closes on exec, if NEW_LISTENER is among the flags; otherwise 0.
 * @throws {ErrnoError} EACCES without the right to, EINVAL when the filter is no valid program.
 */
export function installSeccompFilter(filter: Buffer, flags: readonly SeccompFlag[] = []): number {
  return prepareSeccompFilter(filter, flags)();
}

/**
 * Makes everything ready for a filter, so that the function it returns makes that one call to the kernel and no other. The trace is told
 * now: afterwards the filter may not let it be written.
 *
 * @throws {ErrnoError} (the returned function) As {@link installSeccompFilter}.
 */
export function prepareSeccompFilter(filter: Buffer, flags: readonly SeccompFlag[] = []): () => number {
  const bits = flags.reduce((sum, flag) => sum | FLAGS[flag], 0);
  // struct sock_fprog: number of instructions (2 bytes, padded to 8), their address; here they follow directly
  const program = Buffer.concat([Buffer.alloc(16), filter]);
  program.writeUInt16LE(filter.length / INSTRUCTION_SIZE, 0);
  program.writeBigUInt64LE(koffi.address(program) + 16n, 8);
  reportCall("seccomp", [SECCOMP_SET_MODE_FILTER, bits]);
  return () => {
    const returned = seccomp(SECCOMP_SET_MODE_FILTER, bits, program);
    if (returned > 0 && !flags.includes("SECCOMP_FILTER_FLAG_NEW_LISTENER")) {
      throw new Error(`Cannot install seccomp filter on all threads: thread ${returned} has another one`);
    }
    return returned;
  };
}

/** Whether this kernel has a flag. It looks at the flags before it reads the program, so that none is needed to ask. */
export function isSeccompFlagSupported(flag: SeccompFlag): boolean {
  const alone = flag !== "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"; // without a listener it makes no sense
  try {
    seccomp(SECCOMP_SET_MODE_FILTER, FLAGS[flag] | (alone ? 0 : FLAGS.SECCOMP_FILTER_FLAG_NEW_LISTENER), null);
  } catch (error) {
    if (isErrno(error, "EFAULT")) return true;
    if (!isErrno(error, "EINVAL", "ENOSYS")) throw error;
  }
  return false;
}
