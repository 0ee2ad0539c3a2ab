/** The OCI spec of a container that is about to be started: where its files and its neighbours are is known now. */
import { join } from "node:path";
import { FailedPrecondition } from "@eras/oci-spec/errdefs.ts";
import type { Process, Spec } from "@eras/oci-spec/runtime/config.ts";
import type { Container } from "../container/container.ts";
import type { Exec } from "../container/exec.ts";
import { resolvedMount } from "../spec/resolved-mount.ts";
import { createSpec, type JoinedNamespaces, type SpecParts } from "../spec/spec.ts";
import type { Daemon } from "./daemon.ts";

const OTHERS = /^container:(.+)$/;

/** @param rootfs - Mounted. @param networkPath - Of a namespace that is there; undefined for a new one, or the host's. */
export function containerSpec(
  daemon: Daemon,
  container: Container,
  { rootfs, networkPath }: { readonly rootfs: string; readonly networkPath: string | undefined },
): Spec {
  const network = networkPath === undefined ? {} : { network: networkPath };
  return createSpec(specParts(daemon, container, rootfs, { ...joined(daemon, container), ...network }));
}

function specParts(daemon: Daemon, container: Container, rootfs: string, join_: JoinedNamespaces): SpecParts {
  const { dataRoot, cgroupParent } = daemon.options;
  const { id, dir, config, hostConfig, record } = container;
  return {
    id,
    rootfs,
    config,
    hostConfig,
    files: {
      resolvConf: join(dir, "resolv.conf"),
      hostname: join(dir, "hostname"),
      hosts: join(dir, "hosts"),
    },
    mountPoints: Object.values(record.MountPoints).map(resolvedMount),
    join: join_,
    daemon: { dataRoot, cgroupDriver: "cgroupfs", ...(cgroupParent !== undefined && { cgroupParent }) },
  };
}

/** Namespaces of other containers, which must run. */
function joined(daemon: Daemon, { hostConfig }: Container): JoinedNamespaces {
  const pathOf = (mode: string | undefined, kind: "pid" | "ipc") => {
    const [, name] = OTHERS.exec(mode ?? "") ?? [];
    return name === undefined ? {} : { [kind]: `/proc/${runningPid(daemon, name)}/ns/${kind}` };
  };
  return { ...pathOf(hostConfig.PidMode, "pid"), ...pathOf(hostConfig.IpcMode, "ipc") };
}

/** @throws {FailedPrecondition} In Docker's words, when it does not run. */
export function runningPid(daemon: Daemon, name: string): number {
  const { id, state } = daemon.containers.get(name);
  if (!state.isRunning) throw new FailedPrecondition(`cannot join network of a non running container: ${id}`);
  return state.record.Pid;
}

/** What an exec runs: the container's process, with other words, and as another user if it is so wanted. */
export function execProcess(daemon: Daemon, { container, config }: Exec): Process {
  const rootfs = daemon.images.rwLayers.mount(container.id);
  try {
    const merged = {
      ...container.config,
      Tty: config.Tty,
      Entrypoint: null,
      Cmd: config.Cmd,
      Env: [...(container.config.Env ?? []), ...(config.Env ?? [])],
      ...(config.User && { User: config.User }),
      ...(config.WorkingDir && { WorkingDir: config.WorkingDir }),
    };
    const parts = specParts(daemon, container, rootfs, {});
    const { Init: _, ...hostConfig } = parts.hostConfig;
    const privileged = config.Privileged || hostConfig.Privileged || false;
    return createSpec({ ...parts, config: merged, hostConfig: { ...hostConfig, Privileged: privileged } }).process!;
  } finally {
    daemon.images.rwLayers.unmount(container.id);
  }
}
