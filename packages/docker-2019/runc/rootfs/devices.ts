/**
 * /dev of the container: the devices that every program counts on, those of the configuration, and the customary links.
 *
 * A node is made where the kernel lets us. In a user namespace it doesn't, and a devices cgroup may forbid it: there the host's own node
 * is shown, by a bind mount, which gives no more than its permissions do.
 *
 * @see https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md#default-devices
 */
import { constants, existsSync, fstatSync, type Stats } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { isErrno } from "@eras/linux/errno.ts";
import { major, makedev, minor, S_IFBLK, S_IFCHR, S_IFIFO, S_IFMT } from "@eras/linux/mknod.ts";
import { AT_SYMLINK_NOFOLLOW, fchownat, mknodat, O_PATH, openat2, symlinkat, unlinkat } from "@eras/linux/open.ts";
import type { Mount, Spec } from "@eras/oci-spec/runtime/config.ts";
import type { LinuxDevice } from "@eras/oci-spec/runtime/config-linux.ts";
import { step } from "../../step.ts";
import { attach } from "./attach.ts";
import { copyMount } from "./bind-mount.ts";
import { type ContainerRoot, makePlace, withFd } from "./inside-root.ts";

/** In runc's order. The numbers: Linux's Documentation/admin-guide/devices.txt. */
const DEFAULT_DEVICES: readonly LinuxDevice[] = [
  { path: "/dev/null", type: "c", major: 1, minor: 3 },
  { path: "/dev/random", type: "c", major: 1, minor: 8 },
  { path: "/dev/full", type: "c", major: 1, minor: 7 },
  { path: "/dev/tty", type: "c", major: 5, minor: 0 },
  { path: "/dev/zero", type: "c", major: 1, minor: 5 },
  { path: "/dev/urandom", type: "c", major: 1, minor: 9 },
];

const DEFAULT_MODE = 0o666;

const TYPES = { c: S_IFCHR, u: S_IFCHR, b: S_IFBLK, p: S_IFIFO } as const;

const LINKS = { fd: "/proc/self/fd", stdin: "/proc/self/fd/0", stdout: "/proc/self/fd/1", stderr: "/proc/self/fd/2" };

/** Whether /dev is ours to fill; a bind mount brings a filled one. */
export function needsDevices({ mounts = [] }: Spec): boolean {
  return !mounts.some(({ destination, options = [] }) => resolve("/", destination) === "/dev" && isBind(options));
}

function isBind(options: NonNullable<Mount["options"]>): boolean {
  return options.includes("bind") || options.includes("rbind");
}

/** Makes all nodes. @throws {Error} When there is something else in the place of one. */
export function createDevices(root: ContainerRoot, spec: Spec): void {
  step("runc.create-devices");
  const umask = process.umask(0); // their permissions are meant as they are written
  for (const device of devicesOf(spec)) createDevice(root, spec, device);
  process.umask(umask);
}

/** The default devices that the configuration does not have its own idea of, then the configuration's. /dev/ptmx is a link here. */
export function devicesOf({ linux }: Spec): LinuxDevice[] {
  const own = (linux?.devices ?? []).filter(({ path }) => resolve("/", path) !== "/dev/ptmx");
  return [...DEFAULT_DEVICES.filter(({ path }) => !own.some((device) => device.path === path)), ...own];
}

function createDevice(root: ContainerRoot, spec: Spec, device: LinuxDevice): void {
  const name = basename(device.path);
  withFd(makePlace(root, dirname(device.path), "directory"), (parent) => {
    try {
      if (usesHostNodes(spec) && device.type !== "p") bindHostNode(root, device);
      else makeNode(parent, name, device);
    } catch (error) {
      if (isErrno(error, "EPERM")) bindHostNode(root, device);
      else if (isErrno(error, "EEXIST")) checkNode(parent, name, spec, device);
      else throw error;
    }
  });
}

function usesHostNodes({ linux }: Spec): boolean {
  return linux?.namespaces?.some(({ type }) => type === "user") ?? false;
}

function makeNode(parent: number, name: string, device: LinuxDevice): void {
  const { type, fileMode = DEFAULT_MODE, uid = 0, gid = 0 } = device;
  mknodat(parent, name, TYPES[type] | (fileMode & ~S_IFMT), numberOf(device));
  if (uid !== 0 || gid !== 0) fchownat(parent, name, uid, gid, AT_SYMLINK_NOFOLLOW);
}

function numberOf(device: LinuxDevice): number {
  return device.type === "p" ? 0 : makedev(device.major ?? 0, device.minor ?? 0);
}

function bindHostNode(root: ContainerRoot, device: LinuxDevice): void {
  withFd(copyMount(device.path, 0), (copy) => {
    if (!isDevice(fstatSync(copy), device))
      throw new Error(`Cannot show the host's ${device.path}: it is not ${words(device)}`);
    withFd(makePlace(root, device.path, "file"), (place) => attach(root, copy, place));
  });
}

/** What a mount of the configuration has put there is meant to be there. */
function checkNode(parent: number, name: string, { mounts = [] }: Spec, device: LinuxDevice): void {
  const found = withFd(openat2(parent, name, { flags: O_PATH | constants.O_NOFOLLOW, resolve: 0 }), (fd) =>
    fstatSync(fd),
  );
  if (isDevice(found, device) || mounts.some(({ destination }) => destination === device.path)) return;
  throw new Error(`Cannot make ${device.path}: there is a file already that is not ${words(device)}`);
}

function isDevice({ mode, rdev }: Stats, device: LinuxDevice): boolean {
  return (mode & S_IFMT) === TYPES[device.type] && (device.type === "p" || rdev === numberOf(device));
}

function words(device: LinuxDevice): string {
  if (device.type === "p") return "a FIFO";
  const number = numberOf(device);
  return `device ${device.type} ${major(number)}:${minor(number)}`;
}

/** Makes the links that programs expect in /dev: to the container's own pseudoterminals, and to each process's own files. */
export function linkDevices(root: ContainerRoot): void {
  withFd(makePlace(root, "dev", "directory"), (dev) => {
    removeIfAny(dev, "ptmx"); // of an image: it would open the host's pseudoterminals
    symlinkat("pts/ptmx", dev, "ptmx");
    for (const [name, target] of Object.entries(LINKS)) linkUnlessThere(dev, name, target);
    if (existsSync("/proc/kcore")) linkUnlessThere(dev, "core", "/proc/kcore"); // not every kernel shows its memory
  });
}

function removeIfAny(parent: number, name: string): void {
  try {
    unlinkat(parent, name);
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
  }
}

function linkUnlessThere(parent: number, name: string, target: string): void {
  try {
    symlinkat(target, parent, name);
  } catch (error) {
    if (!isErrno(error, "EEXIST")) throw error;
  }
}
