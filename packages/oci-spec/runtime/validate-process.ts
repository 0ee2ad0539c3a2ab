/**
 * What `process` of config.json must be.
 *
 * @see https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config.md#process
 */
import {
  absolutePath,
  boolean,
  type Check,
  integer,
  list,
  object,
  oneOf,
  size,
  string,
  uint32,
  uint64,
  where,
} from "../check.ts";
import { type Place, show } from "../findings.ts";
import type {
  Box,
  ExecCPUAffinity,
  LinuxCapabilities,
  LinuxIOPriority,
  POSIXRlimit,
  Process,
  Scheduler,
  User,
} from "./config.ts";

/** Those of getrlimit(2). */
const RLIMITS = [
  "RLIMIT_AS",
  "RLIMIT_CORE",
  "RLIMIT_CPU",
  "RLIMIT_DATA",
  "RLIMIT_FSIZE",
  "RLIMIT_LOCKS",
  "RLIMIT_MEMLOCK",
  "RLIMIT_MSGQUEUE",
  "RLIMIT_NICE",
  "RLIMIT_NOFILE",
  "RLIMIT_NPROC",
  "RLIMIT_RSS",
  "RLIMIT_RTPRIO",
  "RLIMIT_RTTIME",
  "RLIMIT_SIGPENDING",
  "RLIMIT_STACK",
] as const;

/** Those of capabilities(7), without `CAP_`. */
const CAPABILITIES = new Set(
  `AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID
  IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN NET_BIND_SERVICE NET_BROADCAST NET_RAW
  PERFMON SETFCAP SETGID SETPCAP SETUID SYSLOG SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO
  SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG WAKE_ALARM`
    .split(/\s+/)
    .map((name) => `CAP_${name}`),
);

const capabilities = list(string, (names, place) => {
  for (const [i, name] of names.entries()) {
    if (!CAPABILITIES.has(name)) place.at(i).warn(`${show(name)} is not a known capability, and is left out`);
  }
});

/** NAME=value, as environ(7) has it. */
const variable = where(string, (value, place) => {
  if (value.indexOf("=") < 1) place.problem(`${show(value)} is not NAME=value`);
});

const rlimit: Check<POSIXRlimit> = object<POSIXRlimit>(
  { type: oneOf(RLIMITS, "a resource limit"), hard: uint64, soft: uint64 },
  {},
  ({ soft, hard }, place) => {
    if (soft > hard) place.at("soft").problem(`${soft} is more than the hard limit, ${hard}`);
  },
);

const rlimits = list(rlimit, (limits, place) => {
  const seen = new Set<string>();
  for (const [i, { type }] of limits.entries()) {
    if (seen.has(type)) place.at(i).at("type").problem(`"${type}" is there twice`);
    seen.add(type);
  }
});

const scheduler: Check<Scheduler> = object<Scheduler>(
  {
    policy: oneOf(
      ["SCHED_OTHER", "SCHED_FIFO", "SCHED_RR", "SCHED_BATCH", "SCHED_ISO", "SCHED_IDLE", "SCHED_DEADLINE"],
      "a scheduling policy",
    ),
  },
  {
    nice: integer(-20, 19),
    priority: integer(0, 99),
    flags: list(
      oneOf(
        [
          "SCHED_FLAG_RESET_ON_FORK",
          "SCHED_FLAG_RECLAIM",
          "SCHED_FLAG_DL_OVERRUN",
          "SCHED_FLAG_KEEP_POLICY",
          "SCHED_FLAG_KEEP_PARAMS",
          "SCHED_FLAG_UTIL_CLAMP_MIN",
          "SCHED_FLAG_UTIL_CLAMP_MAX",
        ],
        "a scheduling flag",
      ),
    ),
    runtime: size,
    deadline: size,
    period: size,
  },
  policyFits,
);

/** Each policy has parameters of its own: sched_setattr(2). */
function policyFits(value: Scheduler, place: Place): void {
  const { policy, priority = 0 } = value;
  if (priority !== 0 && policy !== "SCHED_FIFO" && policy !== "SCHED_RR")
    place.at("priority").problem(`${policy} has no priority`);
  for (const member of ["runtime", "deadline", "period"] as const) {
    if ((value[member] ?? 0) !== 0 && policy !== "SCHED_DEADLINE")
      place.at(member).problem(`${policy} has no ${member}`);
  }
}

/** Processors or memory nodes, as cpuset(7) lists them. */
const cpuList = where(string, (value, place) => {
  if (!/^(\d+(-\d+)?(,\d+(-\d+)?)*)?$/.test(value)) place.problem(`${show(value)} is not a list such as 0-2,7`);
});

/** All of `process`. */
export const checkProcess: Check<Process> = object<Process>(
  {
    args: list(string, (args, place) => {
      if (args.length === 0) place.problem("empty: there is no program to run");
    }),
    cwd: absolutePath,
  },
  {
    terminal: boolean,
    consoleSize: object<Box>({ height: uint32, width: uint32 }, {}),
    user: object<User>({}, { uid: uint32, gid: uint32, umask: uint32, additionalGids: list(uint32), username: string }),
    env: list(variable),
    capabilities: object<LinuxCapabilities>(
      {},
      {
        bounding: capabilities,
        effective: capabilities,
        inheritable: capabilities,
        permitted: capabilities,
        ambient: capabilities,
      },
    ),
    rlimits,
    noNewPrivileges: boolean,
    apparmorProfile: string,
    oomScoreAdj: integer(-1000, 1000),
    scheduler,
    selinuxLabel: string,
    ioPriority: object<LinuxIOPriority>(
      {
        class: oneOf(["IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE"], "a class of I/O priority"),
      },
      { priority: integer(0, 7) },
    ),
    execCPUAffinity: object<ExecCPUAffinity>({}, { initial: cpuList, final: cpuList }),
  },
);
