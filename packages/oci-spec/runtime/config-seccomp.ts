/**
 * Which system calls a container may make: `linux.seccomp` of config.json.
 *
 * @see https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md#seccomp
 */

/** A whole profile. */
export interface LinuxSeccomp {
  /** For calls that no rule matches. */
  readonly defaultAction: LinuxSeccompAction;
  /** What a default action of ERRNO or TRACE gives; EPERM if left out. */
  readonly defaultErrnoRet?: number;
  /** In addition to the machine's own. */
  readonly architectures?: readonly LinuxSeccompArch[];
  readonly flags?: readonly LinuxSeccompFlag[];
  /** A socket that gets the descriptor to answer NOTIFY on. */
  readonly listenerPath?: string;
  /** Sent along with it. */
  readonly listenerMetadata?: string;
  readonly syscalls?: readonly LinuxSyscall[];
}

/** What happens to some calls. */
export interface LinuxSyscall {
  readonly names: readonly string[];
  readonly action: LinuxSeccompAction;
  readonly errnoRet?: number;
  readonly args?: readonly LinuxSeccompArg[];
}

/** A comparison of one of a call's arguments. */
export interface LinuxSeccompArg {
  /** 0 to 5. */
  readonly index: number;
  /** 64 bits, without a sign: a `bigint` where a number would not be exact. */
  readonly value: number | bigint;
  /** For MASKED_EQ: what `argument & value` must be. */
  readonly valueTwo?: number | bigint;
  readonly op: LinuxSeccompOperator;
}

export const SECCOMP_ACTIONS = [
  "SCMP_ACT_KILL",
  "SCMP_ACT_KILL_PROCESS",
  "SCMP_ACT_KILL_THREAD",
  "SCMP_ACT_TRAP",
  "SCMP_ACT_ERRNO",
  "SCMP_ACT_TRACE",
  "SCMP_ACT_ALLOW",
  "SCMP_ACT_LOG",
  "SCMP_ACT_NOTIFY",
] as const;
/** What a filter answers. */
export type LinuxSeccompAction = (typeof SECCOMP_ACTIONS)[number];

export const SECCOMP_OPERATORS = [
  "SCMP_CMP_NE",
  "SCMP_CMP_LT",
  "SCMP_CMP_LE",
  "SCMP_CMP_EQ",
  "SCMP_CMP_GE",
  "SCMP_CMP_GT",
  "SCMP_CMP_MASKED_EQ",
] as const;
/** How an argument compares with a value. */
export type LinuxSeccompOperator = (typeof SECCOMP_OPERATORS)[number];

export const SECCOMP_FLAGS = [
  "SECCOMP_FILTER_FLAG_TSYNC",
  "SECCOMP_FILTER_FLAG_LOG",
  "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
  "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
] as const;
/** See seccomp(2). */
export type LinuxSeccompFlag = (typeof SECCOMP_FLAGS)[number];

export const SECCOMP_ARCHITECTURES = [
  "SCMP_ARCH_X86",
  "SCMP_ARCH_X86_64",
  "SCMP_ARCH_X32",
  "SCMP_ARCH_ARM",
  "SCMP_ARCH_AARCH64",
  "SCMP_ARCH_LOONGARCH64",
  "SCMP_ARCH_M68K",
  "SCMP_ARCH_MIPS",
  "SCMP_ARCH_MIPS64",
  "SCMP_ARCH_MIPS64N32",
  "SCMP_ARCH_MIPSEL",
  "SCMP_ARCH_MIPSEL64",
  "SCMP_ARCH_MIPSEL64N32",
  "SCMP_ARCH_PARISC",
  "SCMP_ARCH_PARISC64",
  "SCMP_ARCH_PPC",
  "SCMP_ARCH_PPC64",
  "SCMP_ARCH_PPC64LE",
  "SCMP_ARCH_RISCV64",
  "SCMP_ARCH_S390",
  "SCMP_ARCH_S390X",
  "SCMP_ARCH_SH",
  "SCMP_ARCH_SHEB",
] as const;
/** An architecture by libseccomp's name. */
export type LinuxSeccompArch = (typeof SECCOMP_ARCHITECTURES)[number];
