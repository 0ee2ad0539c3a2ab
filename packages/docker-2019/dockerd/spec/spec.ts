/**
 * The OCI spec of a container: what dockerd tells containerd, and through it the shim and runc. All that a user's options come to is said
 * here; nothing of it is remembered elsewhere.
 *
 *     Config + HostConfig ─┐
 *     mount points         ├─▶ default spec ─▶ process ─▶ namespaces ─▶ resources ─▶ devices ─▶ … ─▶ mounts ─▶ config.json
 *     the daemon's options ┘
 *
 * Each concern has a file, whose function takes a spec and gives another. The order is the original's where one needs another: seccomp
 * needs the capabilities, capabilities the user, the mounts the namespaces.
 *
 * @see https://github.com/moby/moby/blob/v20.10.24/daemon/oci_linux.go
 */
import type { Hooks, Spec } from "@eras/oci-spec/runtime/config.ts";
import type { LinuxIDMapping } from "@eras/oci-spec/runtime/config-linux.ts";
import type { ContainerConfig, HostConfig, Ulimit } from "../../engine-api/container-config.ts";
import { unclassified } from "../config/unclassified.ts";
import { addCapabilities } from "./capabilities.ts";
import { addCgroup } from "./cgroups.ts";
import { defaultSpec } from "./default-spec.ts";
import { addDevices } from "./devices.ts";
import { addMounts } from "./mounts.ts";
import { addNamespaces } from "./namespaces.ts";
import { addProcess } from "./process.ts";
import { addResources } from "./resources.ts";
import { addSeccomp } from "./seccomp.ts";
import { addSecurityOptions } from "./security-opt.ts";
import { addSysctls } from "./sysctl.ts";
import { addUser } from "./user.ts";

/** What a spec is made of. */
export interface SpecParts {
  readonly id: string;
  /** The container's root file system, mounted: names of users are looked up there. */
  readonly rootfs: string;
  /** With what the image says. */
  readonly config: ContainerConfig;
  /** With the defaults that the daemon fills in. */
  readonly hostConfig: HostConfig;
  readonly files: EtcFiles;
  /** Volumes and binds; what is to be had from `hostConfig.Tmpfs` is not among them. */
  readonly mountPoints: readonly ResolvedMount[];
  /** `NAME=value`, of the containers that this one is linked to. */
  readonly linkEnv?: readonly string[];
  readonly join?: JoinedNamespaces;
  /** A tmpfs of the host for /dev/shm: of IpcMode `shareable` this container's own, of `container:` the other's. */
  readonly shmPath?: string;
  /** Who gives the container its network. Called by the runtime when the namespace is there. */
  readonly hooks?: Hooks;
  /** A static program for PID 1; needed with `--init`. */
  readonly initPath?: string;
  readonly daemon: SpecDaemonOptions;
}

/** Files of the host that lie over those of the image. */
export interface EtcFiles {
  readonly resolvConf?: string;
  readonly hostname?: string;
  readonly hosts?: string;
}

/** A volume, a bind or a tmpfs, of which it is known where it is. */
export type ResolvedMount = BindMount | TmpfsMount;

export interface BindMount {
  readonly type: "bind" | "volume";
  /** A path of the host. */
  readonly source: string;
  /** A path of the container. */
  readonly destination: string;
  readonly rw: boolean;
  /** `rprivate`, `rslave` …; empty for none, as volumes have it. */
  readonly propagation: string;
  /** What is mounted below the source stays out. */
  readonly nonRecursive?: boolean;
}

export interface TmpfsMount {
  readonly type: "tmpfs";
  readonly destination: string;
  /** `ro,mode=700,size=1m` */
  readonly data: string;
}

/** Namespaces of others, by path: `/proc/<pid>/ns/net`. */
export interface JoinedNamespaces {
  readonly network?: string;
  readonly pid?: string;
  readonly ipc?: string;
  /** Of the container whose namespaces are joined, where there are user namespaces. */
  readonly user?: string;
}

/** What the daemon was started with, as far as a spec shows it. */
export interface SpecDaemonOptions {
  readonly dataRoot: string;
  readonly cgroupDriver: "cgroupfs" | "systemd";
  /** `--cgroup-parent` */
  readonly cgroupParent?: string;
  /** `--default-ulimit` */
  readonly defaultUlimits?: readonly Ulimit[];
  /** `--init` */
  readonly init?: boolean;
  /** `--no-new-privileges` */
  readonly noNewPrivileges?: boolean;
  /** `--seccomp-profile`: the JSON itself. */
  readonly seccompProfile?: string;
  /** `--userns-remap` */
  readonly idMappings?: { readonly uids: readonly LinuxIDMapping[]; readonly gids: readonly LinuxIDMapping[] };
}

/** @throws {Unknown} When an option makes no sense, or names what the container or the host hasn't: the original finds no word for it. */
export function createSpec(parts: SpecParts): Spec {
  return unclassified(() => composeSpec(parts));
}

function composeSpec(parts: SpecParts): Spec {
  let spec = defaultSpec(parts.rootfs, parts.hostConfig);
  spec = addProcess(spec, parts);
  spec = addCgroup(spec, parts);
  spec = addResources(spec, parts);
  spec = addSysctls(spec, parts);
  spec = addDevices(spec, parts);
  spec = addUser(spec, parts);
  spec = addNamespaces(spec, parts);
  spec = addCapabilities(spec, parts); // after the user: only root has effective ones
  spec = addSeccomp(spec, parts); // after the capabilities: they open system calls
  spec = addMounts(spec, parts);
  spec = addSecurityOptions(spec, parts);
  return parts.hooks === undefined ? spec : { ...spec, hooks: parts.hooks };
}
