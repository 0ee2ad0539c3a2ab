/** Devices of the host for a container: the nodes to make there, and which it may use. */
import { lstatSync, readdirSync, realpathSync, type Stats, statSync } from "node:fs";
import { join } from "node:path";
import { isErrno } from "@eras/linux/errno.ts";
import { major, minor } from "@eras/linux/mknod.ts";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import type { LinuxDevice, LinuxDeviceCgroup } from "@eras/oci-spec/runtime/config-linux.ts";
import type { DeviceMapping, DeviceRequest } from "../../engine-api/container-config.ts";
import type { SpecParts } from "./spec.ts";

/** Directories of /dev that are mounts of the container's own, and console, which is its own terminal. */
const NOT_THE_HOSTS = new Set(["pts", "shm", "fd", "mqueue", ".lxc", ".lxd-mounts", ".udev", "console"]);
const PERMISSIONS = 0o777;
const ALL_ACCESS = "rwm";
/** `c 10:200 rwm`, `b *:* r` */
const CGROUP_RULE = /^([acb]) (\d+|\*):(\d+|\*) ([rwm]{1,3})$/;
/** Any number, as runc has it. */
const ANY = -1;

/** @throws {InvalidArgument} When what is named is no device, or a rule isn't one. */
export function addDevices(spec: Spec, { hostConfig }: SpecParts): Spec {
  const { Privileged, Devices, DeviceCgroupRules, DeviceRequests } = hostConfig;
  const mapped = Devices ?? [];
  const [request] = DeviceRequests ?? [];
  if (Privileged) {
    const elsewhere = mapped.filter(({ PathOnHost, PathInContainer }) => PathOnHost !== PathInContainer);
    const devices = [...devicesBelow("/dev", NOT_THE_HOSTS), ...elsewhere.flatMap(mappedDevices)];
    if (request) refuseRequest(request);
    return withDevices(spec, devices, [{ allow: true, access: ALL_ACCESS }]);
  }
  const wanted = mapped.map((mapping) => ({ devices: mappedDevices(mapping), access: mapping.CgroupPermissions }));
  const rules = [
    ...(spec.linux?.resources?.devices ?? []),
    ...wanted.flatMap(({ devices, access }) => devices.map((device) => rule(device, access))),
    ...(DeviceCgroupRules ?? []).map(parseRule),
  ];
  if (request) refuseRequest(request);
  return withDevices(
    spec,
    wanted.flatMap((one) => one.devices),
    rules,
  );
}

/** `--gpus` and its like: no driver of devices is known here, as on every host without one of NVIDIA's. */
function refuseRequest({ Driver, Capabilities }: DeviceRequest): never {
  const sets = (Capabilities ?? []).map((set) => `[${set.join(" ")}]`);
  throw new InvalidArgument(
    `could not select device driver ${JSON.stringify(Driver ?? "")} with capabilities: [${sets.join(" ")}]`,
  );
}

function withDevices(spec: Spec, devices: LinuxDevice[], rules: LinuxDeviceCgroup[]): Spec {
  const resources = { ...spec.linux?.resources, devices: rules };
  return { ...spec, linux: { ...spec.linux, ...(devices.length > 0 && { devices }), resources } };
}

/** The device of a mapping, whatever links lead to it; of a directory, all below it. */
function mappedDevices({ PathOnHost, PathInContainer }: DeviceMapping): LinuxDevice[] {
  const failed = (reason: string) =>
    new InvalidArgument(
      `error gathering device information while adding custom device ${JSON.stringify(PathOnHost)}: ${reason}`,
    );
  let path: string;
  try {
    path = realpathSync(PathOnHost);
  } catch (error) {
    if (isErrno(error, "ENOENT")) throw failed("no such file or directory");
    throw error;
  }
  const stats = statSync(path);
  const device = deviceOf(PathInContainer, stats);
  if (device) return [device];
  const below = stats.isDirectory() ? devicesBelow(path) : [];
  if (below.length === 0) throw failed("not a device node");
  return below.map((one) => ({ ...one, path: one.path.replace(path, PathInContainer) }));
}

/** In the order of names, depth first. Links are not followed. */
function devicesBelow(directory: string, passedOver: ReadonlySet<string> = new Set()): LinuxDevice[] {
  return namesIn(directory)
    .filter((name) => !passedOver.has(name))
    .flatMap((name) => {
      const path = join(directory, name);
      const stats = lstatSync(path, { throwIfNoEntry: false }); // the host's devices come and go
      if (stats === undefined) return [];
      return stats.isDirectory() ? devicesBelow(path, passedOver) : (deviceOf(path, stats) ?? []);
    });
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  }
}

function deviceOf(path: string, stats: Stats): LinuxDevice | undefined {
  if (!stats.isBlockDevice() && !stats.isCharacterDevice()) return undefined;
  const { rdev, mode, uid, gid } = stats;
  const type = stats.isBlockDevice() ? "b" : "c";
  return { path, type, major: major(rdev), minor: minor(rdev), fileMode: mode & PERMISSIONS, uid, gid };
}

function rule({ type, major: majorNumber, minor: minorNumber }: LinuxDevice, access: string): LinuxDeviceCgroup {
  return { allow: true, type: type === "b" ? "b" : "c", major: majorNumber!, minor: minorNumber!, access };
}

/** @throws {InvalidArgument} */
function parseRule(text: string): LinuxDeviceCgroup {
  const match = CGROUP_RULE.exec(text);
  if (match === null) throw new InvalidArgument(`invalid device cgroup rule format: '${text}'`);
  const [, type, majorText, minorText, access] = match as unknown as [string, "a" | "b" | "c", string, string, string];
  const number = (digits: string) => (digits === "*" ? ANY : Number(digits));
  return { allow: true, type, major: number(majorText), minor: number(minorText), access };
}
