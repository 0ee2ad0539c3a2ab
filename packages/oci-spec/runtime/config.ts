/**
 * A container in the words of the OCI runtime specification: what `config.json` of a bundle says, apart from what concerns Linux
 * alone, which is in config-linux.ts.
 *
 *     ociVersion            of the specification that the file follows
 *     process               what runs: args, environment, user, directory, capabilities, limits
 *     root, mounts          what it sees as files
 *     hostname, domainname  what it is called
 *     hooks                 programs to call on the way
 *     annotations           for whoever reads them
 *     linux                 namespaces, cgroups, devices, seccomp: how it is held
 *
 * These are types of what has been checked: text becomes a `Spec` in parse.ts. Names are the file's own. What may be missing is
 * marked so; a reader then assumes zero, false, empty or none.
 *
 * @see https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config.md
 */
import type { Linux, LinuxIDMapping } from "./config-linux.ts";

/** The version of the runtime specification that is implemented here, and written into new files. */
export const OCI_VERSION = "1.2.0";

/** All of `config.json`. */
export interface Spec {
  readonly ociVersion: string;
  /** May be missing by the specification, but nothing can be started then. */
  readonly process?: Process;
  readonly root?: Root;
  readonly hostname?: string;
  readonly domainname?: string;
  /** In the order in which they are made. */
  readonly mounts?: readonly Mount[];
  readonly hooks?: Hooks;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly linux?: Linux;
}

/** A process in the container: the first one, and what `exec` adds to it. */
export interface Process {
  /** Whether standard input, output and error are a terminal. */
  readonly terminal?: boolean;
  /** Of the terminal, before anybody changes it. */
  readonly consoleSize?: Box;
  /** Root, if nobody is named. */
  readonly user?: User;
  /** The program, by path or looked up in PATH, and its arguments; never empty. */
  readonly args: readonly string[];
  /** `NAME=value` each: all of the environment. */
  readonly env?: readonly string[];
  /** An absolute path in the container. */
  readonly cwd: string;
  readonly capabilities?: LinuxCapabilities;
  readonly rlimits?: readonly POSIXRlimit[];
  /** Neither set-user-ID files nor file capabilities give anything more: prctl(2), PR_SET_NO_NEW_PRIVS. */
  readonly noNewPrivileges?: boolean;
  readonly apparmorProfile?: string;
  /** -1000 (never) to 1000 (first): how soon the kernel kills it when memory runs out. */
  readonly oomScoreAdj?: number;
  readonly scheduler?: Scheduler;
  readonly selinuxLabel?: string;
  readonly ioPriority?: LinuxIOPriority;
  readonly execCPUAffinity?: ExecCPUAffinity;
}

/** A terminal's size in characters. */
export interface Box {
  readonly height: number;
  readonly width: number;
}

/** Numbers as the container's user namespace has them. The specification wants the first two; runc takes 0 for what is left out. */
export interface User {
  readonly uid?: number;
  readonly gid?: number;
  /** The runtime's own, usually 0o022, if left out. */
  readonly umask?: number;
  readonly additionalGids?: readonly number[];
  /** Of Windows; kept, and without meaning here. */
  readonly username?: string;
}

/** The sets of capabilities(7), by names such as `CAP_KILL`. A set that is left out is empty. */
export interface LinuxCapabilities {
  readonly bounding?: readonly string[];
  readonly effective?: readonly string[];
  readonly inheritable?: readonly string[];
  readonly permitted?: readonly string[];
  readonly ambient?: readonly string[];
}

/** A limit of getrlimit(2), in that limit's own unit. RLIM_INFINITY is 2⁶⁴-1: a `bigint` where a number would not be exact. */
export interface POSIXRlimit {
  /** `RLIMIT_NOFILE` … */
  readonly type: string;
  readonly hard: number | bigint;
  readonly soft: number | bigint;
}

/** How the kernel schedules the process: sched_setattr(2). */
export interface Scheduler {
  readonly policy: LinuxSchedulerPolicy;
  /** For OTHER and BATCH: -20 to 19. */
  readonly nice?: number;
  /** For FIFO and RR. */
  readonly priority?: number;
  readonly flags?: readonly LinuxSchedulerFlag[];
  /** For DEADLINE, in nanoseconds, as are the next two. */
  readonly runtime?: number;
  readonly deadline?: number;
  readonly period?: number;
}

/** See sched(7). */
export type LinuxSchedulerPolicy =
  | "SCHED_OTHER"
  | "SCHED_FIFO"
  | "SCHED_RR"
  | "SCHED_BATCH"
  | "SCHED_ISO"
  | "SCHED_IDLE"
  | "SCHED_DEADLINE";

/** See sched_setattr(2). */
export type LinuxSchedulerFlag =
  | "SCHED_FLAG_RESET_ON_FORK"
  | "SCHED_FLAG_RECLAIM"
  | "SCHED_FLAG_DL_OVERRUN"
  | "SCHED_FLAG_KEEP_POLICY"
  | "SCHED_FLAG_KEEP_PARAMS"
  | "SCHED_FLAG_UTIL_CLAMP_MIN"
  | "SCHED_FLAG_UTIL_CLAMP_MAX";

/** Whose turn it is at the disk: ioprio_set(2). */
export interface LinuxIOPriority {
  readonly class: IOPriorityClass;
  /** 0, the highest, to 7; 0 if left out. */
  readonly priority?: number;
}

/** See ioprio_set(2). */
export type IOPriorityClass = "IOPRIO_CLASS_RT" | "IOPRIO_CLASS_BE" | "IOPRIO_CLASS_IDLE";

/** On which processors an `exec` runs, as lists such as `0-3,7`: until it has joined the container's cgroup, and then. */
export interface ExecCPUAffinity {
  readonly initial?: string;
  readonly final?: string;
}

/** The directory that becomes "/". */
export interface Root {
  /** Absolute, or relative to the bundle. */
  readonly path: string;
  readonly readonly?: boolean;
}

/** A mount, in the order and words of mount(8). */
export interface Mount {
  /** In the container. */
  readonly destination: string;
  /** Of the filesystem; for bind mounts, `bind` or `none`, and an option says it. */
  readonly type?: string;
  /** A device, a name, or for bind mounts a path: absolute, or relative to the bundle. */
  readonly source?: string;
  readonly options?: readonly string[];
  /** For id-mapped bind mounts: mount_setattr(2), MOUNT_ATTR_IDMAP. */
  readonly uidMappings?: readonly LinuxIDMapping[];
  readonly gidMappings?: readonly LinuxIDMapping[];
}

/**
 * Programs that are called when the container gets from one stage to the next.
 *
 *     create:  namespaces, then prestart, createRuntime (outside), createContainer (in its mounts), then pivot_root
 *     start:   startContainer (inside), then the program, then poststart (outside)
 *     delete:  poststop (outside)
 */
export interface Hooks {
  /** The old name of createRuntime, and called before it. */
  readonly prestart?: readonly Hook[];
  readonly createRuntime?: readonly Hook[];
  readonly createContainer?: readonly Hook[];
  readonly startContainer?: readonly Hook[];
  readonly poststart?: readonly Hook[];
  readonly poststop?: readonly Hook[];
}

/** One program, which reads the container's `State` from its standard input. */
export interface Hook {
  /** Absolute. */
  readonly path: string;
  /** All of argv, with argv[0]. */
  readonly args?: readonly string[];
  readonly env?: readonly string[];
  /** Seconds, more than 0; then it is killed. */
  readonly timeout?: number;
}
