/** Which of the host's resources a container sees as its own, shares with another, or shares with the host. */
import { Internal } from "@eras/oci-spec/errdefs.ts";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import type { LinuxNamespace, LinuxNamespaceType } from "@eras/oci-spec/runtime/config-linux.ts";
import type { HostConfig } from "../../engine-api/container-config.ts";
import { containerOf } from "../config/modes.ts";
import type { SpecParts } from "./spec.ts";

export function addNamespaces(spec: Spec, parts: SpecParts): Spec {
  const { config, hostConfig, join = {}, daemon } = parts;
  const remapped = isRemapped(parts);
  let namespaces = spec.linux?.namespaces ?? [];
  if (remapped) namespaces = withNamespace(namespaces, { type: "user" });
  if (!config.NetworkDisabled) namespaces = withNamespace(namespaces, joined("network", join.network));
  verifyIpcMode(hostConfig);
  if (hostConfig.IpcMode === "host") namespaces = without(namespaces, "ipc");
  else namespaces = withNamespace(namespaces, joined("ipc", join.ipc));
  if (hostConfig.PidMode === "host") namespaces = without(namespaces, "pid");
  else namespaces = withNamespace(namespaces, joined("pid", join.pid));
  if (hostConfig.UTSMode === "host") namespaces = without(namespaces, "uts");
  if (hostConfig.CgroupnsMode === "private") namespaces = withNamespace(namespaces, { type: "cgroup" });
  // who joins a namespace joins the user namespace that owns it
  if (remapped && join.user) namespaces = withNamespace(namespaces, joined("user", join.user));
  const mappings = remapped && { uidMappings: daemon.idMappings!.uids, gidMappings: daemon.idMappings!.gids };
  const { hostname, ...nameless } = spec;
  const named = hostConfig.UTSMode === "host" || hostname === undefined ? nameless : { ...nameless, hostname };
  return { ...named, linux: { ...spec.linux, ...mappings, namespaces } };
}

/** Not asked before the start, as in the original. */
function verifyIpcMode({ IpcMode = "" }: HostConfig): void {
  if (!["", "none", "private", "shareable", "host"].includes(IpcMode) && !containerOf(IpcMode))
    throw new Internal(`Invalid IPC mode: ${IpcMode}`);
}

function joined(type: LinuxNamespaceType, path: string | undefined): LinuxNamespace {
  return path === undefined ? { type } : { type, path };
}

/** In the place of one of its type, or behind. */
function withNamespace(namespaces: readonly LinuxNamespace[], one: LinuxNamespace): LinuxNamespace[] {
  const isThere = namespaces.some(({ type }) => type === one.type);
  return isThere ? namespaces.map((old) => (old.type === one.type ? one : old)) : [...namespaces, one];
}

function without(namespaces: readonly LinuxNamespace[], type: LinuxNamespaceType): LinuxNamespace[] {
  return namespaces.filter((one) => one.type !== type);
}

/** Whether the container has a user namespace of its own: those of a daemon with `--userns-remap`, unless they refuse. */
export function isRemapped({ daemon, hostConfig }: SpecParts): boolean {
  return daemon.idMappings !== undefined && hostConfig.UsernsMode !== "host";
}
