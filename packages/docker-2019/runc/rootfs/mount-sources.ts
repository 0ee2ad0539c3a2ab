/**
 * Bind mounts for which something has to be done before the container's namespaces are entered.
 *
 * Root of a user namespace is an ordinary user outside, who may not even reach the source; and ids can be mapped only by who owns the
 * filesystem. So the mounts are copied on the host, and wait as descriptors until the init gives them a place. Without a user namespace
 * only the mapping waits, and the source is looked for when it is its turn: entries before it may have mounted it.
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
import { withLockedFlags } from "./locked-flags.ts";
import { mountFailure } from "./mount-failure.ts";
import { type EntryOptions, parseEntryOptions } from "./mount-options.ts";
import type { MountSource } from "./rootfs.ts";

/**
 * Prepares the entries that need it. Call on the host, with its privileges.
 *
 * @returns By the index in `spec.mounts`, what gives the init the copied mount; descriptors wait close-on-exec. An ordinary user may copy
 *   nothing: what is missing the init copies itself.
 * @throws {Error} In runc's words.
 */
export function openMountSources(spec: Spec, bundle: string): Map<number, MountSource> {
  const sources = new Map<number, MountSource>();
  for (const [index, entry] of (spec.mounts ?? []).entries()) {
    const options = parseEntryOptions(entry.options);
    try {
      const source = openMountSource(spec, bundle, entry, options);
      if (source !== undefined) sources.set(index, source);
    } catch (error) {
      throw mountFailure(entry, options, error);
    }
  }
  return sources;
}

function openMountSource(spec: Spec, bundle: string, entry: Mount, options: EntryOptions): MountSource | undefined {
  const idMapped = isIdMapped(entry, options);
  if (!(options.flags & MS_BIND)) {
    if (idMapped) throw new Error("id-mapped mounts are only supported for bind-mounts");
    return undefined;
  }
  if (userNamespace(spec) === undefined) return idMapped ? mappedLater(spec, bundle, entry, options) : undefined;
  try {
    const copy = copyMount(bindSource(entry.source ?? "", bundle), options.flags);
    mountSetattr(copy, "", AT_EMPTY_PATH | AT_RECURSIVE, { propagation: MS_SLAVE }); // as `isolateMounts` does to the others
    if (idMapped) withFd(openMapping(spec, entry), (mapping) => mapIds(copy, mapping, options));
    return () => ({ copy, options: withLockedFlags(copy, options) });
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

function mappedLater(spec: Spec, bundle: string, { source = "", ...entry }: Mount, options: EntryOptions): MountSource {
  const mapping = openMapping(spec, entry);
  return () =>
    withFd(mapping, () => {
      const copy = copyMount(bindSource(source, bundle), options.flags);
      mapIds(copy, mapping, options);
      return { copy, options };
    });
}

/** Shows the owners of the files as a user namespace has them. */
function mapIds(copy: number, userNamespaceFd: number, { idMapped }: EntryOptions): void {
  const recursive = idMapped === "recursive" ? AT_RECURSIVE : 0;
  mountSetattr(copy, "", AT_EMPTY_PATH | recursive, { set: MOUNT_ATTR_IDMAP, userNamespaceFd });
}

/** The user namespace of the entry's mappings, or with those of the container's. */
function openMapping(spec: Spec, { uidMappings, gidMappings }: Mount): number {
  if (uidMappings?.length || gidMappings?.length) return createMappedNamespace(uidMappings ?? [], gidMappings ?? []);
  const joined = userNamespace(spec)?.path;
  if (joined !== undefined) return openSync(joined, "r");
  const { uidMappings: uids = [], gidMappings: gids = [] } = spec.linux ?? {};
  if (uids.length === 0 || gids.length === 0) throw new Error("id-mapped mounts need mappings, or a user namespace");
  return createMappedNamespace(uids, gids);
}
