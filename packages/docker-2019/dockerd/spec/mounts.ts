/**
 * What a container sees as files beside its root: the kernel's file systems, volumes and binds, tmpfs, and the three files of /etc that the
 * daemon writes.
 *
 * What a user mounts takes the place of what would be there: /dev of a user's own takes all of the default's below /dev with it. User
 * mounts come after the default ones, those nearer to the root first.
 */
import { posix } from "node:path";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Mount, Spec } from "@eras/oci-spec/runtime/config.ts";
import type { HostConfig } from "../../engine-api/container-config.ts";
import { lockedOptions } from "./locked-options.ts";
import { isRemapped } from "./namespaces.ts";
import { rootPropagation } from "./propagation.ts";
import type { BindMount, ResolvedMount, SpecParts } from "./spec.ts";
import { mergeTmpfsOptions } from "./tmpfs-options.ts";

const SHM = "/dev/shm";
const PROPAGATION = "rprivate";
const TMPFS_OPTIONS = ["noexec", "nosuid", "nodev", PROPAGATION];
/** They stay writable in a container whose root is not: without them it is none. */
const ALWAYS_WRITABLE = new Set(["/proc", "/dev/pts", "/dev/shm", "/dev/mqueue", "/dev"]);

/** @throws {InvalidArgument} When an option makes no sense, or a mount is to spread and its source can't. */
export function addMounts(spec: Spec, parts: SpecParts): Spec {
  const { hostConfig } = parts;
  const ofUser = userMounts(parts);
  const destinations = new Set(ofUser.map(({ destination }) => destination));
  let ofDaemon = (spec.mounts ?? [])
    .filter((mount) => isKept(mount, destinations, hostConfig))
    .map(withShmSize(hostConfig));
  if (hostConfig.ReadonlyRootfs) ofDaemon = ofDaemon.map(readonly);
  const mounts = [...ofDaemon, ...ofUser.map((mount) => specMount(mount, parts))].map(opened(parts));
  const propagation = rootPropagation(ofUser.filter(isBind), parts.daemon.dataRoot);
  return { ...spec, mounts, linux: { ...spec.linux, ...(propagation && { rootfsPropagation: propagation }) } };
}

/** Volumes and binds, then the daemon's files, then /dev/shm and tmpfs; those nearer to the root first, otherwise in this order. */
function userMounts(parts: SpecParts): ResolvedMount[] {
  const { mountPoints, hostConfig } = parts;
  const tmpfs = Object.entries(hostConfig.Tmpfs ?? {}).map(
    ([destination, data]): ResolvedMount => ({ type: "tmpfs", destination, data }),
  );
  const all = [...mountPoints, ...etcFiles(parts), ...sharedMemory(parts), ...tmpfs];
  const depth = (mount: ResolvedMount) => posix.normalize(mount.destination).split("/").length;
  return all.toSorted((one, other) => depth(one) - depth(other));
}

/** A volume of the user's over one of them keeps it away. */
function etcFiles({ files, mountPoints, hostConfig }: SpecParts): BindMount[] {
  const all = [
    ["/etc/resolv.conf", files.resolvConf],
    ["/etc/hostname", files.hostname],
    ["/etc/hosts", files.hosts],
  ] as const;
  const taken = new Set(mountPoints.map(({ destination }) => destination));
  return all.flatMap(([destination, source]) =>
    source === undefined || taken.has(destination) ? [] : [bindOf(source, destination, !hostConfig.ReadonlyRootfs)],
  );
}

/** Of the host, of another container, or for others to share. A container's own is a tmpfs of the default spec. */
function sharedMemory({ hostConfig, shmPath, mountPoints }: SpecParts): BindMount[] {
  const source = hostConfig.IpcMode === "host" ? SHM : shmPath;
  const isTaken = mountPoints.some(({ destination }) => destination === SHM);
  return source === undefined || isTaken ? [] : [bindOf(source, SHM, true)];
}

function bindOf(source: string, destination: string, rw: boolean): BindMount {
  return { type: "bind", source, destination, rw, propagation: PROPAGATION };
}

function isBind(mount: ResolvedMount): mount is BindMount {
  return mount.type !== "tmpfs";
}

function isKept({ destination }: Mount, taken: ReadonlySet<string>, { IpcMode }: HostConfig): boolean {
  if (taken.has(destination)) return false;
  if (taken.has("/dev") && destination.startsWith("/dev/")) return false;
  return destination !== SHM || IpcMode !== "none";
}

function withShmSize({ ShmSize = 0 }: HostConfig): (mount: Mount) => Mount {
  return (mount) =>
    mount.destination === SHM ? { ...mount, options: [...(mount.options ?? []), `size=${ShmSize}`] } : mount;
}

function readonly(mount: Mount): Mount {
  const { destination, options = [] } = mount;
  if (ALWAYS_WRITABLE.has(destination) || options.includes("ro")) return mount;
  return { ...mount, options: [...options, "ro"] };
}

function specMount(mount: ResolvedMount, parts: SpecParts): Mount {
  const { destination } = mount;
  if (!isBind(mount)) {
    const given = mount.data === "" ? [] : mount.data.split(",");
    const options = mergeTmpfsOptions([...TMPFS_OPTIONS, ...given]);
    return { destination, type: "tmpfs", source: "tmpfs", options };
  }
  const { source, rw, propagation, nonRecursive } = mount;
  if (!posix.isAbsolute(source))
    throw new InvalidArgument(`invalid mount path: '${source}' mount path must be absolute`);
  const options = [
    nonRecursive ? "bind" : "rbind",
    ...(rw ? [] : ["ro"]),
    ...(propagation === "" ? [] : [propagation]),
    ...(isRemapped(parts) ? lockedOptions(source) : []),
  ];
  return { destination, type: "bind", source, options };
}

/** Privileged containers may write to /sys and the cgroups. So may those with a user namespace to the latter, whose kernel won't remount. */
function opened(parts: SpecParts): (mount: Mount) => Mount {
  const { Privileged } = parts.hostConfig;
  const isOpen = ({ destination, type }: Mount) =>
    (Privileged && destination === "/sys") || (type === "cgroup" && (Privileged || parts.daemon.idMappings));
  return (mount) =>
    isOpen(mount) ? { ...mount, options: (mount.options ?? []).filter((option) => option !== "ro") } : mount;
}
