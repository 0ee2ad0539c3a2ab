/**
 * Which ids of the host the ids of a user namespace are.
 *
 * root writes the kernel's files. Anybody else may map only himself there, and has the programs newuidmap and newgidmap write the ranges that
 * /etc/subuid and /etc/subgid give him.
 *
 * @see https://man7.org/linux/man-pages/man7/user_namespaces.7.html
 * @see https://man7.org/linux/man-pages/man1/newuidmap.1.html
 */
import { writeFileSync } from "node:fs";
import { writeIdMaps } from "@eras/linux/user-namespace.ts";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Linux, LinuxIDMapping } from "@eras/oci-spec/runtime/config-linux.ts";
import { step } from "../../step.ts";

/** @throws {InvalidArgument} When a new user namespace would be without ids, in runc's words. */
export function checkMappings({ namespaces = [], uidMappings = [], gidMappings = [] }: Linux): void {
  if (!namespaces.some(({ type, path }) => type === "user" && !path)) return;
  const missing = [uidMappings.length === 0 && "uid", gidMappings.length === 0 && "gid"].find(Boolean);
  if (missing) throw new InvalidArgument(`User namespaces enabled, but no ${missing} mappings found.`);
}

/** Maps the ids of the user namespace that process `pid` has just made. @throws {Error} When the host does not allow them. */
export function mapIds(pid: number, { uidMappings = [], gidMappings = [] }: Linux): void {
  step("runc.map-ids", { pid, uidMappings, gidMappings });
  if (process.geteuid!() === 0) {
    writeIdMaps(pid, kernelMappings(uidMappings), kernelMappings(gidMappings));
  } else {
    mapAsUser(pid, "uid", uidMappings, process.geteuid!());
    mapAsUser(pid, "gid", gidMappings, process.getegid!());
  }
}

function kernelMappings(mappings: readonly LinuxIDMapping[]) {
  return mappings.map(({ containerID, hostID, size }) => ({ containerId: containerID, hostId: hostID, size }));
}

function mapAsUser(pid: number, kind: "uid" | "gid", mappings: readonly LinuxIDMapping[], own: number): void {
  const [only] = mappings;
  if (mappings.length === 1 && only?.hostID === own && only.size === 1) mapSelf(pid, kind, only);
  else callHelper(pid, kind, mappings);
}

/** Who could drop a group that closes files to him would get into them: so he may map it only if he may not drop any. */
function mapSelf(pid: number, kind: "uid" | "gid", { containerID, hostID }: LinuxIDMapping): void {
  if (kind === "gid") writeFileSync(`/proc/${pid}/setgroups`, "deny");
  writeFileSync(`/proc/${pid}/${kind}_map`, `${containerID} ${hostID} 1\n`);
}

function callHelper(pid: number, kind: "uid" | "gid", mappings: readonly LinuxIDMapping[]): void {
  const { spawnSync } = process.getBuiltinModule("node:child_process");
  const ids = mappings.flatMap(({ containerID, hostID, size }) => [containerID, hostID, size]).map(String);
  const { status, stderr, error } = spawnSync(`new${kind}map`, [String(pid), ...ids], { encoding: "utf8" });
  if (error)
    throw new Error(
      `Cannot map ${kind}s: new${kind}map can't be run (${error.message}); Debian has it in the package uidmap`,
    );
  if (status !== 0) throw new Error(`Cannot map ${kind}s: new${kind}map: ${stderr.trim()}`);
}
