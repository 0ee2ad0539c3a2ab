/** The OCI spec of a container that is about to be started: where its files and its neighbours are is known now. */
import { Unknown } from "@eras/oci-spec/errdefs.ts";
import type { Process, Spec } from "@eras/oci-spec/runtime/config.ts";
import { step } from "../../step.ts";
import { containerOf } from "../config/modes.ts";
import type { Container } from "../container/container.ts";
import type { Exec } from "../container/exec.ts";
import { etcFilesOf } from "../network/etc-files.ts";
import type { DaemonOptions } from "../options/daemon-options.ts";
import { type ExecParts, execProcess } from "../spec/exec-process.ts";
import { resolvedMount } from "../spec/resolved-mount.ts";
import { createSpec, type JoinedNamespaces, type SpecDaemonOptions } from "../spec/spec.ts";
import type { Daemon } from "./daemon.ts";
import { linkVariables } from "./links.ts";
import { ipcDonor, sharedMemoryOf } from "./shared-memory.ts";

/** What is known of a container at its start. */
interface StartParts {
  /** Mounted. */
  readonly rootfs: string;
  /** Of a namespace that is there; undefined for a new one. */
  readonly networkPath: string | undefined;
  /** Of a program for PID 1, if it wants one. */
  readonly initPath: string | undefined;
}

export function containerSpec(daemon: Daemon, container: Container, parts: StartParts): Spec {
  step("dockerd.make-spec", { id: container.id });
  const { rootfs, networkPath, initPath } = parts;
  const shmPath = sharedMemoryOf(daemon, container);
  return createSpec({
    ...commonParts(daemon, container, rootfs),
    files: etcFilesOf(container.dir),
    mountPoints: Object.values(container.record.MountPoints).map(resolvedMount),
    join: { ...joined(daemon, container), ...(networkPath !== undefined && { network: networkPath }) },
    ...(initPath !== undefined && { initPath }),
    ...(shmPath !== undefined && { shmPath }),
  });
}

/** What holds for every process of the container. */
function commonParts(daemon: Daemon, container: Container, rootfs: string): ExecParts {
  const { id, config, hostConfig } = container;
  return {
    id,
    rootfs,
    config,
    hostConfig,
    linkEnv: linkVariables(daemon, container),
    daemon: ofDaemon(daemon.options),
  };
}

function ofDaemon(options: DaemonOptions): SpecDaemonOptions {
  const { dataRoot, cgroupParent, defaultUlimits, init, noNewPrivileges, seccompJson, remap } = options;
  return {
    dataRoot,
    cgroupDriver: "cgroupfs",
    cgroupParent,
    defaultUlimits: Object.values(defaultUlimits),
    init,
    noNewPrivileges,
    ...(remap && { idMappings: remap }),
    ...(seccompJson !== undefined && { seccompProfile: seccompJson }),
  };
}

/** Namespaces of other containers, which must run. */
function joined(daemon: Daemon, { hostConfig }: Container): JoinedNamespaces {
  const [pidOf, ipcOf, networkOf] = [hostConfig.PidMode, hostConfig.IpcMode, hostConfig.NetworkMode].map(containerOf);
  const pid = pidOf === undefined ? undefined : runningPid(daemon, pidOf);
  const ipc = ipcOf === undefined ? undefined : ipcDonor(daemon, ipcOf).state.record.Pid;
  const user = pid ?? ipc ?? (networkOf === undefined ? undefined : runningPid(daemon, networkOf));
  return {
    ...(pid !== undefined && { pid: `/proc/${pid}/ns/pid` }),
    ...(ipc !== undefined && { ipc: `/proc/${ipc}/ns/ipc` }),
    ...(user !== undefined && { user: `/proc/${user}/ns/user` }),
  };
}

/** @throws {Unknown} When it does not run. */
function runningPid(daemon: Daemon, name: string): number {
  const { id, state } = daemon.containers.get(name);
  if (!state.isRunning) throw new Unknown(`container ${id} is not running`);
  return state.record.Pid;
}

/** What an exec runs: the container's process, with other words. */
export function processOfExec(daemon: Daemon, { container, config }: Exec): Process {
  const rootfs = daemon.images.rwLayers.mount(container.id);
  try {
    return execProcess(commonParts(daemon, container, rootfs), config);
  } finally {
    daemon.images.rwLayers.unmount(container.id);
  }
}
