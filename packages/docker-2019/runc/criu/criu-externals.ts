/**
 * What of a container is not its own, so that criu must not save it, but be told where it is: mounts of the host's files, and namespaces
 * that it was given.
 *
 *     dump       mount point ─▶ name        `/data` ─▶ `/data`
 *     restore    name ─▶ path on the host   `/data` ─▶ /srv/data
 *
 * The names are runc's, so that either can restore what the other has saved.
 */
import { constants, openSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { cgroupsOfProcess } from "@eras/cgroups/process-cgroups.ts";
import { MS_BIND } from "@eras/linux/mount.ts";
import { readMountinfo } from "@eras/linux/mountinfo.ts";
import { O_PATH } from "@eras/linux/open.ts";
import type { Mount, Spec } from "@eras/oci-spec/runtime/config.ts";
import { hasNamespace } from "../init/namespaces.ts";
import { bindSource } from "../rootfs/bind-mount.ts";
import { cgroupTreesOf } from "../rootfs/cgroup-trees.ts";
import { devicesOf } from "../rootfs/devices.ts";
import { type ContainerRoot, openPlaceIfAny, pathInside, withFd } from "../rootfs/inside-root.ts";
import { parseEntryOptions } from "../rootfs/mount-options.ts";
import type { CriuOptions } from "./criu-messages.ts";

type ExternalMounts = NonNullable<CriuOptions["ext_mnt"]>;

/** What covers files that are masked; it is one of the devices. */
const NULL_DEVICE = "/dev/null";

/** For criu to save a container. @param pid - Its init. */
export function mountsToLeaveOut(spec: Spec, rootfs: string, pid: number): ExternalMounts {
  const places = [...bindMounts(spec), ...cgroupMounts(spec, pid), ...deviceMounts(spec)].map(({ place }) => place);
  return [
    ...places.map((place) => [resolvedPlace(rootfs, place), place] as const),
    ...maskedFiles(spec, pid).map((place) => [place, NULL_DEVICE] as const),
  ].map(([key, val]) => ({ key, val }));
}

/** For criu to make a container again. @param pid - Who is in the new cgroup. */
export function mountsToBringIn(spec: Spec, bundle: string, pid: number): ExternalMounts {
  const binds = bindMounts(spec).map(({ place, source }) => ({ place, source: bindSource(source, bundle) }));
  const all = [...binds, ...cgroupMounts(spec, pid), ...deviceMounts(spec)];
  return all.map(({ place, source }) => ({ key: place, val: source }));
}

interface ExternalMount {
  /** In the container. */
  readonly place: string;
  /** On the host. */
  readonly source: string;
}

function bindMounts({ mounts = [] }: Spec): ExternalMount[] {
  return mounts.filter(isBind).map(({ destination, source = "" }) => ({ place: resolve("/", destination), source }));
}

/** Whether a mount shows files of the host. */
export function isBind({ options }: Mount): boolean {
  return (parseEntryOptions(options).flags & MS_BIND) !== 0;
}

/** v1's trees in the container are mounts of parts of the host's, unless a cgroup namespace makes them its own. */
function cgroupMounts({ mounts = [], linux = {} }: Spec, pid: number): ExternalMount[] {
  if (hasNamespace(linux, "cgroup")) return [];
  const views = mounts.filter(({ type }) => type === "cgroup");
  const trees = cgroupTreesOf(cgroupsOfProcess(pid), readMountinfo());
  return views.flatMap(({ destination }) =>
    trees.map(({ name, directory }) => ({ place: join(resolve("/", destination), name), source: directory })),
  );
}

/** In a user namespace devices can't be made, so the host's are shown. */
function deviceMounts(spec: Spec): ExternalMount[] {
  return devicesOf(spec).map(({ path }) => ({ place: path, source: path }));
}

function maskedFiles({ linux = {} }: Spec, pid: number): string[] {
  const isFile = (path: string) =>
    statSync(`/proc/${pid}/root${path}`, { throwIfNoEntry: false })?.isDirectory() === false;
  return (linux.maskedPaths ?? []).filter(isFile);
}

/** The image may have links on the way to a mount point, and criu sees where they lead. What lies on another mount is not to be seen here. */
function resolvedPlace(rootfs: string, place: string): string {
  return withRoot(rootfs, (root) => {
    const fd = openPlaceIfAny(root, place);
    return fd === undefined ? place : withFd(fd, () => pathInside(root, fd));
  });
}

/** Opens the root of a container that doesn't run. */
export function withRoot<Result>(rootfs: string, use: (root: ContainerRoot) => Result): Result {
  return withFd(openSync(rootfs, O_PATH | constants.O_DIRECTORY), (fd) => use({ fd, path: rootfs }));
}

/** Namespaces that were joined by path, and criu's names for them: these are runc's. */
const GIVEN_NAMESPACES = {
  network: { kind: "net", name: "extRootNetNS" },
  pid: { kind: "pid", name: "extRootPidNS" },
} as const;

interface GivenNamespace {
  readonly path: string;
  readonly kind: string;
  readonly name: string;
}

/** Those that criu can be told of. */
export function givenNamespaces({ linux = {} }: Spec): GivenNamespace[] {
  return (linux.namespaces ?? []).flatMap(({ type, path }) =>
    path && (type === "network" || type === "pid") ? [{ ...GIVEN_NAMESPACES[type], path }] : [],
  );
}

/** For criu to save a container: `net[4026531840]:extRootNetNS`. */
export function namespacesToLeaveOut(spec: Spec): string[] {
  return givenNamespaces(spec).map(({ path, kind, name }) => `${kind}[${statSync(path).ino}]:${name}`);
}
