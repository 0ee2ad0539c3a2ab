/**
 * Creating a container: everything but the start of its program. What the two commands `create` and `run` share.
 *
 *     state directory ─ cgroup with limits ─ fifo ─ init in its namespaces ─ hooks ─ state.json: created
 *
 * A failure on the way undoes what was made. If runc itself is killed on the way, the state that is written first tells a later
 * `delete --force` what to look for.
 */
import { closeSync } from "node:fs";
import { isErrno } from "@eras/linux/errno.ts";
import { forkedPid } from "@eras/linux/fork.ts";
import { readProcessStat } from "@eras/linux/proc.ts";
import { kill } from "@eras/linux/signals.ts";
import { waitpid } from "@eras/linux/wait.ts";
import type { Mount, Spec } from "@eras/oci-spec/runtime/config.ts";
import { step } from "../../step.ts";
import type { Globals } from "../command.ts";
import { countPreserved } from "../init/descriptors.ts";
import { checkMappings, mapIds } from "../init/id-maps.ts";
import { enterNamespaces, hasNamespace, KINDS } from "../init/namespaces.ts";
import { type InitPlan, standardInit } from "../init/standard-init.ts";
import { type JoiningStages, type StartedInit, startInit } from "../init/start-init.ts";
import { log } from "../log.ts";
import { capabilitiesOf } from "../process/capabilities.ts";
import { inheritedListenFds } from "../process/environment.ts";
import { setOomScoreAdj } from "../process/oom-score.ts";
import { applyRlimits, checkRlimits } from "../process/rlimits.ts";
import { checkRootless } from "../rootless.ts";
import { findRootfs } from "./bundle.ts";
import { Container, containerState } from "./container.ts";
import { checkExistingCgroup, makeContainerCgroup, type NewCgroup } from "./container-cgroup.ts";
import { creationFailure } from "./create-failure.ts";
import { destroy } from "./destroy.ts";
import { makeExecFifo } from "./exec-fifo.ts";
import { firstState } from "./first-state.ts";
import { runHooks } from "./hooks.ts";
import { loadParts, type ProcessParts, pidfdSender } from "./process-parts.ts";
import { notifySocketOf } from "./start-container.ts";
import { type ContainerState, checkIsNew, makeStateDir, stateDir, writeState } from "./state.ts";

const SIGKILL = 9;

/** What `create` and `run` are told. */
export interface CreateRequest {
  readonly id: string;
  /** Absolute. */
  readonly bundle: string;
  readonly globals: Globals;
  readonly noPivot: boolean;
  readonly noNewKeyring: boolean;
  readonly preserveFds: number;
  /** Connected to whoever is to have the terminal's master. */
  readonly consoleFd?: number | undefined;
  /** Of a socket that the caller listens on. */
  readonly pidfdSocket?: string | undefined;
}

/** Creates a container, whose init then waits for `start`. */
export async function createContainer(given: Spec, request: CreateRequest): Promise<Container> {
  step("runc.create", { id: request.id, bundle: request.bundle });
  const notify = await notifySocketOf(stateDir(request.globals.root, request.id));
  const spec = notify?.configure(given) ?? given;
  const wanted = spec.process!; // enterBundle has seen to it
  checkRootless(spec);
  checkMappings(spec.linux ?? {});
  const rootfs = findRootfs(request.bundle, spec);
  const parts = await loadParts(wanted, spec.linux ?? {}, request.consoleFd);
  checkRlimits(wanted.rlimits);
  const listenFds = inheritedListenFds(process.env, process.pid);
  const preservedFds = countPreserved(listenFds, request.preserveFds);
  const planned = await firstState(spec, request, rootfs);
  checkIsNew(request.globals.root, request.id);
  checkExistingCgroup(planned.cgroup_paths);
  const sendPidfd = await pidfdSender(request.pidfdSocket, "standard");
  const dir = makeStateDir(request.globals.root, request.id);
  writeState(dir, planned);
  notify?.makeDirectory();
  try {
    const { cgroup, admit, limitInit } = await makeContainerCgroup(spec, planned);
    const state = { ...planned, cgroup_paths: cgroup.paths };
    const fifo = makeExecFifo(dir);
    const keptFds = [fifo, ...(request.consoleFd === undefined ? [] : [request.consoleFd])];
    const sources = needsMountSources(spec) ? await import("../rootfs/mount-sources.ts") : undefined;
    const places = { spec, rootfs, bundle: request.bundle };
    const init = await startInContainer(
      spec,
      sources,
      { cgroup, admit, keptFds },
      {
        id: request.id,
        rootfs: {
          ...places,
          mountSources: new Map(),
          cgroupPaths: state.cgroup_paths,
          noPivot: request.noPivot,
        },
        process: wanted,
        capabilities: capabilitiesOf(wanted),
        fifo,
        rootless: planned.rootless,
        keyring: !request.noNewKeyring,
        preservedFds,
        listenFds,
        state: containerState(state, "creating"),
        parts,
      },
    );
    closeSync(fifo);
    const sendSource = sources && ((index: number) => sources.sendMountSource(places, index, init));
    await finishCreation(init, spec, dir, state, { ...parts, limitInit, sendPidfd, sendSource });
  } catch (error) {
    const failure = await creationFailure(error as Error, planned);
    await undo(request, dir);
    throw new Error(failure, { cause: error });
  }
  return Container.load(request.globals.root, request.id);
}

/** A user namespace can't reach the sources of bind mounts, or change the ids that a mount shows. */
function needsMountSources({ mounts = [], linux = {} }: Spec): boolean {
  const isIdMapped = ({ options = [], uidMappings, gidMappings }: Mount) =>
    uidMappings !== undefined || gidMappings !== undefined || options.some((option) => /^r?idmap$/.test(option));
  return hasNamespace(linux, "user") || mounts.some(isIdMapped);
}

type MountSources = typeof import("../rootfs/mount-sources.ts");

/** Forks the init and makes it a member of what limits it. It waits for its `go`. */
function startInContainer(
  spec: Spec,
  sources: MountSources | undefined,
  { cgroup, admit, keptFds }: Pick<JoiningStages, "cgroup" | "admit" | "keptFds">,
  plan: InitPlan,
): Promise<StartedInit> {
  step("runc.start-init", { namespaces: spec.linux?.namespaces });
  const { linux = {} } = spec;
  let mountSources = plan.rootfs.mountSources;
  return startInit({
    cgroup,
    admit,
    keptFds,
    preservedFds: plan.preservedFds,
    enter: (runc) => {
      if (plan.process.oomScoreAdj !== undefined) setOomScoreAdj(forkedPid(), plan.process.oomScoreAdj);
      const ask = (index: number) => runc.askForFd({ kind: "source", index });
      if (sources) mountSources = sources.openMountSources(plan.rootfs, ask); // while we may
      enterNamespaces(linux, () => runc.ask({ kind: "mapIds" }));
    },
    mapIds: (pid) => mapIds(pid, linux),
    init: (runc) => standardInit({ ...plan, rootfs: { ...plan.rootfs, mountSources } }, runc),
  });
}

interface FinishingParts extends Pick<ProcessParts, "seccomp"> {
  readonly limitInit: NewCgroup["limitInit"] | undefined;
  readonly sendPidfd: ((pid: number) => void) | undefined;
  readonly sendSource: ((index: number) => void) | undefined;
}

/** runc's part of the dialogue with the init, up to the point where it waits for `start`. */
async function finishCreation(
  { pid, dialogue }: StartedInit,
  spec: Spec,
  dir: string,
  state: ContainerState,
  { seccomp, limitInit, sendPidfd, sendSource }: FinishingParts,
): Promise<void> {
  const known = { ...state, init_process_pid: pid, init_process_start: readProcessStat(pid).startTime };
  try {
    await shareProcessor(known);
    sendPidfd?.(pid);
    dialogue.go();
    awaitMounted(dialogue, sendSource);
    limitInit?.(); // the bootstrap has gone: both at once may be more than there may be
    const creating = containerState(known, "creating");
    runHooks(spec.hooks, "prestart", containerState(known, "created")); // deprecated; belongs to `start` by the specification
    runHooks(spec.hooks, "createRuntime", creating);
    dialogue.go();
    const { listenerFd } = dialogue.expect("ready");
    applyRlimits(pid, spec.process!.rlimits);
    if (listenerFd !== undefined && seccomp?.listener) {
      const { sendSeccompListener } = await import("../process/seccomp-notify.ts");
      sendSeccompListener({ pid, fd: listenerFd }, seccomp.listener, creating);
    }
    saveState(dir, known);
    dialogue.go();
    dialogue.expect("waiting");
    log("debug", "init: closing the pipe to signal completion");
  } catch (error) {
    endInit(pid);
    throw error;
  } finally {
    dialogue.close();
  }
}

/** Sends the mounts that the init asks for, until it has all. */
function awaitMounted(dialogue: StartedInit["dialogue"], sendSource: FinishingParts["sendSource"]): void {
  for (;;) {
    const message = dialogue.next();
    if (message.kind === "mounted") return;
    if (message.kind !== "source" || !sendSource) throw new Error(`Cannot go on: "${message.kind}" came too early`);
    sendSource(message.index);
  }
}

/** Gives the container its share of cache and memory bandwidth. */
export async function shareProcessor({
  id,
  spec,
  intel_rdt_path: group,
  init_process_pid: pid,
}: ContainerState): Promise<void> {
  if (!group) return;
  const { makeGroup } = await import("./resctrl.ts");
  makeGroup(group, id, spec.linux!.intelRdt!, [pid]);
}

/** From here on, other commands find the container. */
export function saveState(dir: string, state: ContainerState): void {
  step("runc.save-state", { id: state.id, pid: state.init_process_pid });
  writeState(dir, { ...state, namespace_paths: namespacePaths(state) });
}

function namespacePaths({ spec, init_process_pid: pid }: ContainerState): Record<string, string> {
  const names = { ...KINDS, network: "net", mount: "ns" }; // as in CLONE_NEWNET, CLONE_NEWNS
  const types = (spec.linux?.namespaces ?? []).map(({ type }) => type);
  return Object.fromEntries(types.map((type) => [`NEW${names[type].toUpperCase()}`, `/proc/${pid}/ns/${KINDS[type]}`]));
}

function endInit(pid: number): void {
  try {
    kill(pid, SIGKILL);
    waitpid(pid);
  } catch (error) {
    if (!isErrno(error, "ESRCH", "ECHILD")) throw error;
  }
}

async function undo({ globals, id }: CreateRequest, dir: string): Promise<void> {
  try {
    await destroy(Container.load(globals.root, id));
  } catch (error) {
    log("warning", `Cannot remove what is left in ${dir}: ${(error as Error).message}`);
  }
}
