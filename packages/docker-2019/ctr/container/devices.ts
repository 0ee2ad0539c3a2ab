/** Devices of the host for a container: the nodes to make there, and that it may use them. */
import { lstatSync, readdirSync, type Stats } from "node:fs";
import { join } from "node:path";
import { major, minor } from "@eras/linux/mknod.ts";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { LinuxDevice, LinuxDeviceCgroup } from "@eras/oci-spec/runtime/config-linux.ts";

/** Directories of /dev that are mounts of the container's own, and console, which is its own terminal. */
const NOT_THE_HOSTS = new Set(["pts", "shm", "fd", "mqueue", ".lxc", ".lxd-mounts", ".udev", "console"]);
const PERMISSIONS = 0o777;

/**
 * The device at a path; of a directory, all below it.
 *
 * @throws {InvalidArgument} When it is something else.
 */
export function devicesAt(path: string): LinuxDevice[] {
  const stats = lstatSync(path);
  const device = deviceOf(path, stats);
  if (device) return [device];
  if (!stats.isDirectory()) throw new InvalidArgument(`Cannot add device ${path}: not a device node`);
  return devicesBelow(path);
}

/** All of /dev. */
export function hostDevices(): LinuxDevice[] {
  return devicesBelow("/dev");
}

function devicesBelow(directory: string): LinuxDevice[] {
  return readdirSync(directory)
    .filter((name) => !NOT_THE_HOSTS.has(name))
    .flatMap((name) => {
      const path = join(directory, name);
      const stats = lstatSync(path);
      return stats.isDirectory() ? devicesBelow(path) : (deviceOf(path, stats) ?? []);
    });
}

function deviceOf(path: string, stats: Stats): LinuxDevice | undefined {
  if (!stats.isBlockDevice() && !stats.isCharacterDevice()) return undefined;
  const { rdev, mode, uid, gid } = stats;
  const type = stats.isBlockDevice() ? "b" : "c";
  return { path, type, major: major(rdev), minor: minor(rdev), fileMode: mode & PERMISSIONS, uid, gid };
}

/** That a container may read, write and make a device. */
export function deviceRule({ type, major: majorNumber, minor: minorNumber }: LinuxDevice): LinuxDeviceCgroup {
  const numbers = {
    ...(majorNumber !== undefined && { major: majorNumber }),
    ...(minorNumber !== undefined && { minor: minorNumber }),
  };
  return { allow: true, type: type === "b" ? "b" : "c", ...numbers, access: "rwm" };
}
