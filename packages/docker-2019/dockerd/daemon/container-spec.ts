/** The OCI spec of a container that is about to be started: where its files and its neighbours are is known now. */
import { FailedPrecondition } from "@eras/oci-spec/errdefs.ts";
import type { Process, Spec } from "@eras/oci-spec/runtime/config.ts";
import { step } from "../../step.ts";
import { containerOf } from "../config/modes.ts";
import type { Container } from "../container/container.ts";
import type { Exec } from "../container/exec.ts";
import { etcFilesOf } from "../network/etc-files.ts";
import type { DaemonOptions } from "../options/daemon-options.ts";
import { execProcess } from "../spec/exec-process.ts";
import { resolvedMount } from "../spec/resolved-mount.ts";
import { createSpec, type JoinedNamespaces, type SpecDaemonOptions, type SpecParts } from "../spec/spec.ts";
import type { Daemon } from "./daemon.ts";

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
  return createSpec(specParts(daemon, container, parts));
}

function specParts(daemon: Daemon, container: Container, { rootfs, networkPath, initPath }: StartParts): SpecParts {
  const { id, dir, config, hostConfig, record } = container;
  return {
    id,
    rootfs,
    config,
    hostConfig,
    files: etcFilesOf(dir),
    mountPoints: Object.values(record.MountPoints).map(resolvedMount),
    join: { ...joined(daemon, container), ...(networkPath !== undefined && { network: networkPath }) },
    ...(initPath !== undefined && { initPath }),
    daemon: ofDaemon(daemon.options),
  };
}

function ofDaemon(options: DaemonOptions): SpecDaemonOptions {
  const { dataRoot, cgroupParent, defaultUlimits, init, noNewPrivileges, seccompJson } = options;
  return {
    dataRoot,
    cgroupDriver: "cgroupfs",
    cgroupParent,
    defaultUlimits: Object.values(defaultUlimits),
    init,
    noNewPrivileges,
    ...(seccompJson !== undefined && { seccompProfile: seccompJson }),
  };
}

/** Namespaces of other containers, which must run. */
function joined(daemon: Daemon, { hostConfig }: Container): JoinedNamespaces {
  const pathOf = (mode: string | undefined, kind: "pid" | "ipc") => {
    const name = containerOf(mode);
    return name === undefined ? {} : { [kind]: `/proc/${runningPid(daemon, name)}/ns/${kind}` };
  };
  return { ...pathOf(hostConfig.PidMode, "pid"), ...pathOf(hostConfig.IpcMode, "ipc") };
}

/** @throws {FailedPrecondition} In Docker's words, when it does not run. */
function runningPid(daemon: Daemon, name: string): number {
  const { id, state } = daemon.containers.get(name);
  if (!state.isRunning) throw new FailedPrecondition(`cannot join a namespace of a non running container: ${id}`);
  return state.record.Pid;
}

/** What an exec runs: the container's process, with other words. */
export function processOfExec(daemon: Daemon, { container, config }: Exec): Process {
  const rootfs = daemon.images.rwLayers.mount(container.id);
  try {
    return execProcess(specParts(daemon, container, { rootfs, networkPath: undefined, initPath: undefined }), config);
  } finally {
    daemon.images.rwLayers.unmount(container.id);
  }
}
