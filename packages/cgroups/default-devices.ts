/** Devices that every container may use, whatever its config.json says. */
import type { DeviceRule } from "@eras/linux/device-program.ts";

/** A rule, and where the container has the device, if it is one that it gets by itself. */
interface DefaultDeviceRule extends DeviceRule {
  readonly path?: string;
}

const character = (major: number, minor: number, path?: string): DefaultDeviceRule => ({
  ...{ allow: true, type: "c", major, minor, access: "rwm" },
  ...(path !== undefined && { path }),
});

/**
 * What runc adds at the end of the rules of a config.json, where no rule can take it away. The specification wants the first six and
 * the terminals; making any device node (which is not to use it) and tun are habits that images have come to rely on.
 *
 * @see https://github.com/opencontainers/runc/blob/v1.1.5/libcontainer/specconv/spec_linux.go AllowedDevices
 */
export const DEFAULT_DEVICE_RULES: readonly DefaultDeviceRule[] = [
  { allow: true, type: "c", access: "m" },
  { allow: true, type: "b", access: "m" },
  character(1, 3, "/dev/null"),
  character(1, 8, "/dev/random"),
  character(1, 7, "/dev/full"),
  character(5, 0, "/dev/tty"),
  character(1, 5, "/dev/zero"),
  character(1, 9, "/dev/urandom"),
  { allow: true, type: "c", major: 136, access: "rwm" }, // /dev/pts/*
  character(5, 2), // /dev/ptmx
  character(10, 200), // /dev/net/tun
];

/**
 * The rules of a container: its own, then the default ones.
 *
 * @param rules - `linux.resources.devices` of config.json.
 * @param ownDevices - The paths of `linux.devices`: a default device that the container replaces is not allowed on its own account.
 */
export function containerDeviceRules(
  rules: readonly DeviceRule[] = [],
  ownDevices: readonly string[] = [],
): DeviceRule[] {
  const added = DEFAULT_DEVICE_RULES.filter(({ path }) => path === undefined || !ownDevices.includes(path));
  return [...rules, ...added.map(({ path: _, ...rule }) => rule)];
}
