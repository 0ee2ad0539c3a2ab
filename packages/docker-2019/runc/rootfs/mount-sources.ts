/**
 * Bind mounts for which something has to be done by who has the host's privileges.
 *
 * Root of a user namespace is an ordinary user outside, who may not even reach the source; and ids can be mapped only by who owns the
 * filesystem. So the mounts are copied on the host before the container's namespaces are entered, and wait as descriptors until the init gives them
 * a place. A source in the container's root is looked for when it is its turn, for entries before it may have mounted it:
 *
 *                          without a user namespace      with one
 *     on the host          by the init                   by the bootstrap, beforehand
 *     in the root          by the init                   by the init, whose the files are
 *     … with ids mapped    by the init                   by runc, which the init asks: `sendMountSource`
 */
import { openSync, realpathSync } from "node:fs";
import { isErrno } from "@eras/linux/errno.ts";
import { _exit, fork, forkedPid } from "@eras/linux/fork.ts";
import { MS_BIND, MS_SLAVE } from "@eras/linux/mount.ts";
import { AT_RECURSIVE, MOUNT_ATTR_IDMAP, mountSetattr } from "@eras/linux/mount-fd.ts";
import { joinNamespace } from "@eras/linux/namespaces.ts";
import { AT_EMPTY_PATH } from "@eras/linux/open.ts";
import { waitpid } from "@eras/linux/wait.ts";
import type { Mount, Spec } from "@eras/oci-spec/runtime/config.ts";
import { endTracing } from "@eras/trace/context.ts";
import { traceFork } from "../../tracing.ts";
import { createMappedNamespace } from "../init/id-mapping.ts";
import type { StartedInit } from "../init/start-init.ts";
import { bindSource, copyMount } from "./bind-mount.ts";
import { withFd } from "./inside-root.ts";
import { withLockedFlags } from "./locked-flags.ts";
import { mountFailure, mountFailureReason } from "./mount-failure.ts";
import { type EntryOptions, parseEntryOptions } from "./mount-options.ts";
import type { MountSource, RootfsPlan } from "./rootfs.ts";

type Places = Pick<RootfsPlan, "spec" | "bundle" | "rootfs">;

/** An entry of `spec.mounts` with its options sorted. */
interface Entry extends Omit<Mount, "options"> {
  readonly options: EntryOptions;
}

/**
 * Prepares the entries that need it. Call on the host, with its privileges.
 *
 * @param ask - In the init: has runc send the mount of that index.
 * @returns By the index in `spec.mounts`, what gives the init the copied mount; descriptors wait close-on-exec. An ordinary user may copy
 *   nothing: what is missing the init copies itself.
 * @throws {Error} In runc's words.
 */
export function openMountSources(places: Places, ask: (index: number) => number): Map<number, MountSource> {
  const sources = new Map<number, MountSource>();
  for (const [index, entry] of (places.spec.mounts ?? []).entries()) {
    const options = parseEntryOptions(entry.options);
    try {
      const source = openMountSource(places, { ...entry, options }, () => ask(index));
      if (source !== undefined) sources.set(index, source);
    } catch (error) {
      throw mountFailure(entry, options, error);
    }
  }
  return sources;
}

function openMountSource(places: Places, entry: Entry, ask: () => number): MountSource | undefined {
  const { options } = entry;
  const { spec, bundle, rootfs } = places;
  const idMapped = isIdMapped(entry);
  if (!(options.flags & MS_BIND)) {
    if (idMapped) throw new Error("id-mapped mounts are only supported for bind-mounts");
    return undefined;
  }
  if (userNamespace(spec) === undefined) return idMapped ? mappedLater(places, entry) : undefined;
  const source = bindSource(entry.source ?? "", bundle);
  if (isForLater(source, rootfs)) return idMapped ? () => locked(ask(), options) : undefined;
  try {
    const copy = copyMount(source, options.flags);
    mountSetattr(copy, "", AT_EMPTY_PATH | AT_RECURSIVE, { propagation: MS_SLAVE }); // as `isolateMounts` does to the others
    if (idMapped) withFd(openMapping(spec, entry), (mapping) => mapIds(copy, mapping, options));
    return () => locked(copy, options);
  } catch (error) {
    if (!idMapped && isErrno(error, "EPERM")) return undefined;
    throw error;
  }
}

function isIdMapped({ uidMappings = [], gidMappings = [], options }: Entry): boolean {
  return options.idMapped !== "no" || uidMappings.length > 0 || gidMappings.length > 0;
}

/** In the root, or not there yet: what the host has at this path isn't what it will be. */
function isForLater(source: string, rootfs: string): boolean {
  try {
    return `${realpathSync(source)}/`.startsWith(`${rootfs}/`);
  } catch {
    return true;
  }
}

function locked(copy: number, options: EntryOptions): ReturnType<MountSource> {
  return { copy, options: withLockedFlags(copy, options) };
}

function userNamespace({ linux }: Spec): { readonly path?: string } | undefined {
  return linux?.namespaces?.find(({ type }) => type === "user");
}

function mappedLater(places: Places, entry: Entry): MountSource {
  const mapping = openMapping(places.spec, entry);
  return () => ({ copy: copyMapped(places, entry, mapping), options: entry.options });
}

/** Closes `mapping`. */
function copyMapped({ bundle }: Places, { source = "", options }: Entry, mapping: number): number {
  return withFd(mapping, () => {
    const copy = copyMount(bindSource(source, bundle), options.flags);
    mapIds(copy, mapping, options);
    return copy;
  });
}

/**
 * In runc, for an init that has asked: copies the mount of that index as the init sees it, with our privileges, and sends it. A fork does it, for
 * who joins a mount namespace loses its own root.
 *
 * @throws {Error} When the fork has ended without an answer.
 */
export function sendMountSource(places: Places, index: number, init: StartedInit): void {
  const copier = fork();
  if (copier === 0) sendCopy(places, index, init);
  if (waitpid(copier)?.status !== 0) throw new Error("Cannot send the init a mount: its copier has ended");
}

function sendCopy(places: Places, index: number, { pid, dialogue }: StartedInit): never {
  traceFork("copier", forkedPid());
  const mount = places.spec.mounts![index]!;
  const entry = { ...mount, options: parseEntryOptions(mount.options) };
  try {
    const mapping = openMapping(places.spec, entry);
    joinNamespace(pid, "mnt");
    dialogue.sendFd(copyMapped(places, entry, mapping));
  } catch (error) {
    dialogue.refuse(mountFailureReason(mount, entry.options, error));
  } finally {
    endTracing();
    _exit(0);
  }
}

/** Shows the owners of the files as a user namespace has them. */
function mapIds(copy: number, userNamespaceFd: number, { idMapped }: EntryOptions): void {
  const recursive = idMapped === "recursive" ? AT_RECURSIVE : 0;
  mountSetattr(copy, "", AT_EMPTY_PATH | recursive, { set: MOUNT_ATTR_IDMAP, userNamespaceFd });
}

type IdMappings = Pick<Mount, "uidMappings" | "gidMappings">;

/** The user namespace of the entry's mappings, or with those of the container's. */
function openMapping(spec: Spec, { uidMappings, gidMappings }: IdMappings): number {
  if (uidMappings?.length || gidMappings?.length) return createMappedNamespace(uidMappings ?? [], gidMappings ?? []);
  const joined = userNamespace(spec)?.path;
  if (joined !== undefined) return openSync(joined, "r");
  const { uidMappings: uids = [], gidMappings: gids = [] } = spec.linux ?? {};
  if (uids.length === 0 || gids.length === 0) throw new Error("id-mapped mounts need mappings, or a user namespace");
  return createMappedNamespace(uids, gids);
}
