/**
 * Bind mounts that have to be opened before the container's namespaces are entered. Root of a user namespace is an ordinary user
 * outside, who may not even reach the source; and ids can be mapped only by who owns the filesystem. So the mounts are copied on the
 * host, and wait as descriptors until the init gives them a place.
 */
import { openSync } from "node:fs";
import { isErrno } from "@eras/linux/errno.ts";
import { MS_BIND, MS_SLAVE } from "@eras/linux/mount.ts";
import { AT_RECURSIVE, MOUNT_ATTR_IDMAP, mountSetattr } from "@eras/linux/mount-fd.ts";
import { AT_EMPTY_PATH } from "@eras/linux/open.ts";
import type { Mount, Spec } from "@eras/oci-spec/runtime/config.ts";
import { createMappedNamespace } from "../init/id-mapping.ts";
import { bindSource, copyMount } from "./bind-mount.ts";
import { withFd } from "./inside-root.ts";
import { mountFailure } from "./mount-failure.ts";
import { type EntryOptions, parseEntryOptions } from "./mount-options.ts";

/**
 * Copies the mounts of the entries that need it. Call on the host, with its privileges.
 *
 * @returns Close-on-exec descriptors by the index in `spec.mounts`. An ordinary user may copy nothing: what is missing the init
 *   copies itself.
 * @throws {Error} In runc's words.
 */
export function openMountSources(spec: Spec, bundle: string): Map<number, number> {
  const sources = new Map<number, number>();
  for (const [index, entry] of (spec.mounts ?? []).entries()) {
    const options = parseEntryOptions(entry.options);
    try {
      const copy = openMountSource(spec, bundle, entry, options);
      if (copy !== undefined) sources.set(index, copy);
    } catch (error) {
      throw mountFailure(entry, options, error);
    }
  }
  return sources;
}

function openMountSource(spec: Spec, bundle: string, entry: Mount, options: EntryOptions): number | undefined {
  const idMapped = isIdMapped(entry, options);
  if (!(options.flags & MS_BIND)) {
    if (idMapped) throw new Error("id-mapped mounts are only supported for bind-mounts");
    return undefined;
  }
  if (!idMapped && userNamespace(spec) === undefined) return undefined;
  try {
    const copy = copyMount(bindSource(entry.source ?? "", bundle), options.flags);
    mountSetattr(copy, "", AT_EMPTY_PATH | AT_RECURSIVE, { propagation: MS_SLAVE }); // as `isolateMounts` does to the others
    if (idMapped) mapIds(copy, spec, entry, options);
    return copy;
  } catch (error) {
    if (!idMapped && isErrno(error, "EPERM")) return undefined;
    throw error;
  }
}

function isIdMapped({ uidMappings = [], gidMappings = [] }: Mount, { idMapped }: EntryOptions): boolean {
  return idMapped !== "no" || uidMappings.length > 0 || gidMappings.length > 0;
}

function userNamespace({ linux }: Spec): { readonly path?: string } | undefined {
  return linux?.namespaces?.find(({ type }) => type === "user");
}

/** Shows the owners of the files as the entry's mappings say, or as the container's user namespace does. */
function mapIds(copy: number, spec: Spec, entry: Mount, { idMapped }: EntryOptions): void {
  const recursive = idMapped === "recursive" ? AT_RECURSIVE : 0;
  withFd(openMapping(spec, entry), (userNamespaceFd) =>
    mountSetattr(copy, "", AT_EMPTY_PATH | recursive, { set: MOUNT_ATTR_IDMAP, userNamespaceFd }),
  );
}

function openMapping(spec: Spec, { uidMappings, gidMappings }: Mount): number {
  if (uidMappings?.length || gidMappings?.length) return createMappedNamespace(uidMappings ?? [], gidMappings ?? []);
  const joined = userNamespace(spec)?.path;
  if (joined !== undefined) return openSync(joined, "r");
  const { uidMappings: uids = [], gidMappings: gids = [] } = spec.linux ?? {};
  if (uids.length === 0 || gids.length === 0) throw new Error("id-mapped mounts need mappings, or a user namespace");
  return createMappedNamespace(uids, gids);
}
