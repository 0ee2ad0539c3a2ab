/**
 * The namespaces of a container. Four are always new: mounts, host name, System V IPC and processes. The network is new when the
 * configuration says anything of it, else the host's, which is how Docker ran its containers in January 2013.
 */
import { closeSync, openSync } from "node:fs";
import { NAMESPACE_FLAGS, type NamespaceKind, setns, unshare } from "@eras/linux/namespaces.ts";
import { step } from "../step.ts";
import type { ContainerConfig } from "./config.ts";

/** The kinds of namespaces that the container has for itself. */
export function newNamespaces(config: ContainerConfig): NamespaceKind[] {
  const kinds: NamespaceKind[] = ["mnt", "uts", "ipc", "pid"];
  if (config.networks.length > 0) kinds.push("net");
  if (config.idMap.length > 0) kinds.unshift("user"); // first: it will own the others
  return kinds;
}

/** Starts `command`, whose first word is a program. @returns Its PID. */
export type Spawn = (command: readonly string[]) => number;

/**
 * Starts `command` in new namespaces, so that it is born there, and comes back to the present ones.
 *
 * Coming back keeps lxc-start a program of the host: pivot_root would move it into the container's root along with all others that
 * share the mount namespace, and the namespaces would outlive the init.
 *
 * For a user namespace see user-namespace.ts.
 */
export function inNewNamespaces(kinds: readonly NamespaceKind[], command: readonly string[], spawn: Spawn): number {
  step("lxc-start.namespaces", { kinds });
  const home = kinds.map((kind) => ({ kind, fd: openSync(`/proc/self/ns/${kind}`, "r") }));
  const directory = process.cwd();
  unshare(kinds.reduce((flags, kind) => flags | NAMESPACE_FLAGS[kind], 0));
  try {
    return spawn(command);
  } finally {
    for (const { kind, fd } of home) {
      setns(fd, NAMESPACE_FLAGS[kind]);
      closeSync(fd);
    }
    process.chdir(directory); // joining a mount namespace leads to its root
  }
}
