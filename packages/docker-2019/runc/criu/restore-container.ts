/**
 * Making a container of what `checkpoint` has saved. There is no init of ours: criu forks the processes, with their old numbers, in new
 * namespaces, and what they become is a child of runc's.
 */
import { closeSync, mkdirSync, openSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { cgroupsOfProcess } from "@eras/cgroups/process-cgroups.ts";
import { sendFds } from "@eras/linux/fd-passing.ts";
import { MNT_DETACH, MS_BIND, MS_REC, mount, umount } from "@eras/linux/mount.ts";
import { setChildSubreaper } from "@eras/linux/prctl.ts";
import { readProcessStat } from "@eras/linux/proc.ts";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import type { Globals } from "../command.ts";
import { findRootfs } from "../container/bundle.ts";
import { Container, containerState } from "../container/container.ts";
import { makeContainerCgroup } from "../container/container-cgroup.ts";
import { saveState, shareProcessor } from "../container/create-container.ts";
import { destroy } from "../container/destroy.ts";
import { firstState } from "../container/first-state.ts";
import { runHooks } from "../container/hooks.ts";
import { type ContainerState, makeStateDir, stateDir, writeState } from "../container/state.ts";
import { log } from "../log.ts";
import { Criu, checkCriu, FIRST_INHERITED_FD } from "./criu.ts";
import { givenNamespaces, mountsToBringIn } from "./criu-externals.ts";
import type { CriuDirectories } from "./criu-flags.ts";
import type { CriuOptions } from "./criu-messages.ts";
import { runCriu } from "./criu-session.ts";
import { inheritedPipes, readDescriptors, restoredDescriptors } from "./external-descriptors.ts";
import { makeMountPoints } from "./mount-points.ts";

/** What is to be restored, and how. */
export interface RestoreRequest {
  readonly id: string;
  /** Absolute. */
  readonly bundle: string;
  readonly globals: Globals;
  readonly directories: CriuDirectories;
  /** From flags. */
  readonly options: CriuOptions;
  /** Connected to whoever is to have the terminal's master. */
  readonly consoleFd?: number | undefined;
}

/** Restores a container, which then runs. @throws {Error} When it can't be: nothing is left of it then. */
export async function restoreContainer(spec: Spec, request: RestoreRequest): Promise<Container> {
  const { id, globals, directories, bundle } = request;
  stateDir(globals.root, id); // that it is a name, before paths are made of it
  const rootfs = findRootfs(bundle, spec);
  const first = await firstState(spec, request, rootfs);
  const dir = makeStateDir(globals.root, id);
  writeState(dir, first);
  try {
    const descriptors = readDescriptors(directories.images);
    checkCriu(globals.criu, { lazy_pages: request.options.lazy_pages });
    const planned = { ...first, external_descriptors: restoredDescriptors(descriptors) };
    await restoreProcesses(dir, planned, request, descriptors);
  } catch (error) {
    await undo(globals.root, id);
    throw error;
  }
  return Container.load(globals.root, id);
}

async function restoreProcesses(
  dir: string,
  planned: ContainerState,
  request: RestoreRequest,
  descriptors: readonly string[],
): Promise<void> {
  const { spec, config, bundle } = planned;
  const { cgroup, admit, limitInit } = await makeContainerCgroup(spec, planned);
  limitInit?.();
  const state = { ...planned, cgroup_paths: cgroup.paths };
  makeMountPoints(spec, config.rootfs, bundle);
  const namespaces = givenNamespaces(spec).map(({ path, name: key }) => ({ key, fd: openSync(path, "r") }));
  const inherited = [...inheritedPipes(descriptors), ...namespaces];
  setChildSubreaper(true); // should the process that criu makes for us lose its parent
  const criu = Criu.start(
    request.globals.criu,
    inherited.map(({ fd }) => fd),
  );
  try {
    if (admit) await admit(criu.pid);
    else cgroup.addProcess(criu.pid); // what it forks is born there
    await shareProcessor({ ...state, init_process_pid: criu.pid });
  } catch (error) {
    criu.end();
    throw error;
  }
  const options: CriuOptions = {
    ...request.options,
    evasive_devices: true,
    rst_sibling: true, // a child of ours
    cg_root: [...cgroupsOfProcess(criu.pid)].map(([ctrl, path]) => ({ ctrl, path })),
    ext_mnt: mountsToBringIn(spec, bundle, criu.pid),
    inherit_fd: inherited.map(({ key }, i) => ({ key, fd: FIRST_INHERITED_FD + i })),
  };
  const { annotations } = spec;
  withRootMount(dir, config.rootfs, (root) =>
    runCriu(
      criu,
      { type: "RESTORE", directories: request.directories, annotations, options: { ...options, root } },
      (script, pid, fd) => follow(script, { dir, state, pid, fd, consoleFd: request.consoleFd }),
    ),
  );
  for (const { fd } of namespaces) closeSync(fd);
}

const ROOT_MOUNT = "criu-root";

/** criu wants the root to be a mount; it need not be one for us. */
function withRootMount<Result>(dir: string, rootfs: string, use: (root: string) => Result): Result {
  const root = join(dir, ROOT_MOUNT);
  mkdirSync(root, { mode: 0o755 });
  mount(rootfs, root, null, MS_BIND | MS_REC, null);
  try {
    return use(root);
  } finally {
    umount(root, MNT_DETACH);
    rmdirSync(root);
  }
}

interface Progress {
  readonly dir: string;
  readonly state: ContainerState;
  readonly pid: number;
  readonly fd: number | undefined;
  readonly consoleFd: number | undefined;
}

/** On the way: what criu leaves to us. */
function follow(script: string, { dir, state, pid, fd, consoleFd }: Progress): void {
  const { hooks } = state.spec;
  if (script === "setup-namespaces") {
    const creating = containerState({ ...state, init_process_pid: pid }, "creating");
    runHooks(hooks, "prestart", creating);
    runHooks(hooks, "createRuntime", creating);
  } else if (script === "post-restore") {
    saveState(dir, { ...state, init_process_pid: pid, init_process_start: readProcessStat(pid).startTime });
  } else if (script === "orphan-pts-master" && fd !== undefined) {
    if (consoleFd !== undefined) sendFds(consoleFd, [fd], Buffer.from("/dev/ptmx"));
    closeSync(fd);
  }
}

async function undo(root: string, id: string): Promise<void> {
  try {
    const container = Container.load(root, id);
    await container.cgroup.killAll();
    await destroy(container);
  } catch (error) {
    log("warning", `Cannot remove what is left of ${id}: ${(error as Error).message}`);
  }
}
