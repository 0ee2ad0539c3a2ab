/** Starting a further process in a container: `runc exec`. */
import { closeSync, existsSync, openSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { Cgroup } from "@eras/cgroups/cgroup.ts";
import { openCgroupAt } from "@eras/cgroups/open.ts";
import { forkedPid } from "@eras/linux/fork.ts";
import { setDumpable } from "@eras/linux/prctl.ts";
import { kill } from "@eras/linux/signals.ts";
import { waitpid } from "@eras/linux/wait.ts";
import { FailedPrecondition, InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Process, Spec } from "@eras/oci-spec/runtime/config.ts";
import type { Linux, LinuxNamespace } from "@eras/oci-spec/runtime/config-linux.ts";
import { step } from "../../step.ts";
import { countPreserved } from "../init/descriptors.ts";
import { enterNamespaces, KINDS } from "../init/namespaces.ts";
import { setnsInit } from "../init/setns-init.ts";
import { type StartedInit, startJoiningInit } from "../init/start-init.ts";
import { log } from "../log.ts";
import { capabilitiesOf } from "../process/capabilities.ts";
import { setOomScoreAdj } from "../process/oom-score.ts";
import { applyRlimits, checkRlimits } from "../process/rlimits.ts";
import type { Container } from "./container.ts";
import { startFailure } from "./create-failure.ts";
import { loadParts } from "./process-parts.ts";

const SIGKILL = 9;

/** What to start, and how. */
export interface ExecRequest {
  readonly process: Process;
  readonly preserveFds: number;
  readonly consoleFd?: number | undefined;
  /** Called when the terminal's master has been sent there, before the program starts. */
  readonly onConsole?: (() => void) | undefined;
  /** Cgroups below the container's, to be put into: `/sub`, or `memory:/sub` in one tree alone. */
  readonly subCgroups: readonly string[];
  /** Called with the process before it is the program. */
  readonly sendPidfd?: ((pid: number) => void) | undefined;
}

/** Starts the process. @returns Its PID: a child of ours. @throws {Error} When it could not become the program. */
export async function execProcess(container: Container, request: ExecRequest): Promise<number> {
  step("runc.exec", { id: container.id, args: request.process.args });
  const { spec } = container.state;
  const { process: wanted, consoleFd, preserveFds } = request;
  const parts = await loadParts(wanted, withoutSysctls(spec), consoleFd);
  checkRlimits(wanted.rlimits);
  const preservedFds = countPreserved(0, preserveFds);
  const plan = { id: container.id, spec, process: wanted, capabilities: capabilitiesOf(wanted), preservedFds, parts };
  const namespaces = openNamespaces(container);
  const bindFinally = await bindToProcessors(wanted);
  try {
    const init = await startJoiningInit({
      cgroup: subCgroup(container, request.subCgroups),
      likePid: request.subCgroups.length === 0 ? container.state.init_process_pid : undefined,
      keptFds: [...namespaces.map(({ fd }) => fd), ...(consoleFd === undefined ? [] : [consoleFd])],
      preservedFds,
      enter: () => {
        if (wanted.oomScoreAdj !== undefined) setOomScoreAdj(forkedPid(), wanted.oomScoreAdj);
        setDumpable(false); // processes of the container will see the init, and must not look into our memory
        enterNamespaces(
          { namespaces: namespaces.map(({ type, fd }) => ({ type, path: `/proc/self/fd/${fd}` })) },
          () => {},
        );
        for (const { fd } of namespaces) closeSync(fd);
      },
      init: (runc) => setnsInit({ ...plan, bindFinally }, runc),
    });
    await finishExec(init, container, request, parts.seccomp?.listener);
    return init.pid;
  } catch (error) {
    throw new Error(startFailure(error as Error), { cause: error });
  } finally {
    for (const { fd } of namespaces) closeSync(fd);
  }
}

/**
 * `process.execCPUAffinity`: the processors on which the process runs until it has joined the container's cgroup, and from then on. The first are
 * taken by us at once, and inherited.
 */
async function bindToProcessors({ execCPUAffinity }: Process): Promise<(() => void) | undefined> {
  if (!execCPUAffinity) return undefined;
  const { setCpuAffinity } = await import("../process/scheduler.ts");
  const { initial, final } = execCPUAffinity;
  if (initial) setCpuAffinity(0, initial);
  return final ? () => setCpuAffinity(0, final) : undefined;
}

/** The container's own cgroup, or the one below it that was asked for. @throws {InvalidArgument} When there is none. */
function subCgroup({ cgroup }: Container, subCgroups: readonly string[]): Cgroup {
  if (subCgroups.length === 0) return cgroup;
  const paths: Record<string, string> = { ...cgroup.paths };
  for (const each of subCgroups) {
    const [, controllers = "", below = ""] = /^(?:([^:]*):)?(.*)$/.exec(each) ?? [];
    const names = controllers === "" ? Object.keys(paths) : controllers.split(",");
    for (const name of names) {
      if (cgroup.paths[name] === undefined) throw new InvalidArgument(`unknown controller ${name} in --cgroup ${each}`);
      if (!`${join("/x", below)}/`.startsWith("/x/")) {
        throw new InvalidArgument(`bad sub cgroup path: ${below} is not a sub cgroup path`);
      }
      paths[name] = join(cgroup.paths[name]!, below).replace(/\/$/, "");
    }
  }
  const missing = Object.values(paths).find((dir) => !existsSync(dir));
  if (missing !== undefined) {
    throw new InvalidArgument(`error adding pid to cgroups: open ${missing}/cgroup.procs: no such file or directory`);
  }
  return openCgroupAt(paths);
}

/** They are the container's, and were set when it was created. */
function withoutSysctls({ linux = {} }: Spec): Linux {
  const { sysctl: _, ...rest } = linux;
  return rest;
}

interface OpenNamespace {
  readonly type: LinuxNamespace["type"];
  readonly fd: number;
}

/**
 * The namespaces of the init that we don't share with it: one can't join a user namespace that one is in.
 *
 * They are opened first, and the init is looked at afterwards: if it is still there, they were its own, and not those of a later process of
 * the same number, which may be the host's.
 */
function openNamespaces(container: Container): OpenNamespace[] {
  const { init_process_pid: pid } = container.state;
  const opened = Object.entries(KINDS).map(([type, kind]) => ({
    type: type as LinuxNamespace["type"],
    kind,
    fd: openSync(`/proc/${pid}/ns/${kind}`, "r"),
  }));
  const isOther = ({ kind, fd }: (typeof opened)[number]) =>
    readlinkSync(`/proc/self/fd/${fd}`) !== readlinkSync(`/proc/self/ns/${kind}`);
  const others = opened.filter(isOther);
  for (const each of opened) if (!others.includes(each)) closeSync(each.fd);
  if (container.hasInit) return others;
  for (const { fd } of others) closeSync(fd);
  throw new FailedPrecondition("cannot exec in a stopped container");
}

async function finishExec(
  { pid, dialogue }: StartedInit,
  container: Container,
  { process: wanted, onConsole, sendPidfd }: ExecRequest,
  listener: { readonly path: string; readonly metadata: string } | undefined,
): Promise<void> {
  try {
    applyRlimits(pid, wanted.rlimits);
    await shareProcessor(container, pid);
    sendPidfd?.(pid);
    dialogue.go();
    const { listenerFd } = dialogue.expect("ready");
    onConsole?.();
    if (listenerFd !== undefined && listener) {
      const { sendSeccompListener } = await import("../process/seccomp-notify.ts");
      sendSeccompListener({ pid, fd: listenerFd }, listener, container.toState());
    }
    log("debug", `setns_init: about to exec ${wanted.args[0]}`);
    dialogue.go();
    dialogue.expectEnd();
  } catch (error) {
    kill(pid, SIGKILL); // a child of ours: at least its zombie is there
    waitpid(pid);
    throw error;
  } finally {
    dialogue.close();
  }
}

async function shareProcessor({ id, state }: Container, pid: number): Promise<void> {
  if (!state.intel_rdt_path) return;
  const { joinGroup } = await import("./resctrl.ts");
  joinGroup(state.intel_rdt_path, id, state.spec.linux?.intelRdt ?? {}, pid);
}
