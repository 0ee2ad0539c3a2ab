/**
 * What only some containers need. The parent loads it before the fork, because the files are out of an init's reach later, and because
 * each module that isn't loaded saves half a millisecond.
 */
import type { Process } from "@eras/oci-spec/runtime/config.ts";
import type { Linux } from "@eras/oci-spec/runtime/config-linux.ts";
import type { LinuxSeccomp } from "@eras/oci-spec/runtime/config-seccomp.ts";
import { step } from "../../step.ts";
import type { SeccompListener } from "../process/seccomp.ts";
import type { ConsoleSetup } from "../terminal/console.ts";
import type { PidfdKind } from "./pidfd-socket.ts";

/** Functions for the init to call where it has them. */
export interface ProcessParts {
  readonly console?: { setUp(setup: Omit<ConsoleSetup, "socketFd">): void };
  readonly label?: (process: Process) => void;
  readonly keyLabel?: () => void;
  readonly sysctls?: (sysctl: Readonly<Record<string, string>>) => void;
  readonly scheduling?: (process: Process, linux: Linux) => void;
  readonly seccomp?: SeccompPart;
}

/** The filter, at one of two points: see seccomp.ts. */
export interface SeccompPart {
  readonly listener?: SeccompListener;
  /** @returns The listener's descriptor, if the filter has one. */
  early(process: Process): number | undefined;
  /** @returns What installs it, if this is the point for it. */
  late(process: Process): (() => void) | undefined;
}

/**
 * Loads what a process needs, and checks it.
 *
 * @param consoleFd - Connected to who gets the terminal's master; none without a terminal.
 * @throws {Error} When the host lacks a security module that the process is to be confined by, or the filter can't be meant.
 */
export async function loadParts(process: Process, linux: Linux, consoleFd: number | undefined): Promise<ProcessParts> {
  step("runc.prepare-process", { args: process.args, user: process.user });
  const { apparmorProfile, selinuxLabel } = process;
  return {
    ...(consoleFd !== undefined && { console: await consolePart(consoleFd) }),
    ...((apparmorProfile || selinuxLabel) && { label: await labelPart(process) }),
    ...(selinuxLabel && { keyLabel: await keyLabelPart(selinuxLabel) }),
    ...(Object.keys(linux.sysctl ?? {}).length > 0 && { sysctls: await sysctlPart(linux) }),
    ...(needsScheduling(process, linux) && { scheduling: await schedulingPart() }),
    ...(linux.seccomp && { seccomp: await seccompPart(linux.seccomp) }),
  };
}

async function consolePart(socketFd: number): Promise<NonNullable<ProcessParts["console"]>> {
  const { setUpConsole } = await import("../terminal/console.ts");
  return { setUp: (setup) => setUpConsole({ ...setup, socketFd }) };
}

async function labelPart({ apparmorProfile, selinuxLabel }: Process): Promise<NonNullable<ProcessParts["label"]>> {
  const { applyAppArmorProfile, checkAppArmor } = await import("../process/apparmor.ts");
  const { checkSelinuxLabel, setExecLabel } = await import("../process/selinux.ts");
  checkAppArmor(apparmorProfile);
  checkSelinuxLabel(selinuxLabel);
  return () => {
    if (apparmorProfile) applyAppArmorProfile(apparmorProfile);
    if (selinuxLabel) setExecLabel(selinuxLabel);
  };
}

/** The session keyring is labelled like the process that is to use it. */
async function keyLabelPart(label: string): Promise<NonNullable<ProcessParts["keyLabel"]>> {
  const { setKeyLabel } = await import("../process/selinux.ts");
  return () => setKeyLabel(label);
}

async function sysctlPart(linux: Linux): Promise<NonNullable<ProcessParts["sysctls"]>> {
  const { checkSysctls, setSysctls } = await import("../process/sysctl.ts");
  checkSysctls(linux);
  return setSysctls;
}

function needsScheduling({ scheduler, ioPriority }: Process, { personality }: Linux): boolean {
  return scheduler !== undefined || ioPriority !== undefined || personality !== undefined;
}

async function schedulingPart(): Promise<NonNullable<ProcessParts["scheduling"]>> {
  const { setIoPriority, setPersonality, setScheduler } = await import("../process/scheduler.ts");
  return ({ scheduler, ioPriority }, { personality, resources }) => {
    if (personality) setPersonality(personality);
    if (scheduler) setScheduler(scheduler, resources?.cpu?.cpus);
    if (ioPriority) setIoPriority(ioPriority);
  };
}

async function seccompPart(profile: LinuxSeccomp): Promise<SeccompPart> {
  const { installSeccomp, loadSeccomp, prepareSeccomp } = await import("../process/seccomp.ts");
  const filter = loadSeccomp(profile);
  const isEarly = ({ noNewPrivileges }: Process) => !noNewPrivileges || filter.listener !== undefined;
  return {
    ...(filter.listener && { listener: filter.listener }),
    early: (process) => (isEarly(process) ? installSeccomp(filter) : undefined),
    late: (process) => (isEarly(process) ? undefined : prepareSeccomp(filter)),
  };
}

/** What sends the process to `--pidfd-socket`, if there is one. @throws {Error} When nobody listens there. */
export async function pidfdSender(
  path: string | undefined,
  kind: PidfdKind,
): Promise<((pid: number) => void) | undefined> {
  if (!path) return undefined;
  const { connectPidfdSocket } = await import("./pidfd-socket.ts");
  return connectPidfdSocket(path, kind);
}
