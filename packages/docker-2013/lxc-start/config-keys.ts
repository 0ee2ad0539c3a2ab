/**
 * The keys of config.lxc: where the value of each goes, and how it is read.
 *
 * They are LXC 0.8's under their names of 2013, and a few of the next versions for what 0.8 could not yet do. In 2017 LXC renamed
 * many, but what they mean has stayed.
 *
 * @see https://linuxcontainers.org/lxc/manpages/man5/lxc.container.conf.5.html
 */
import { type ContainerConfig, MACVLAN_MODES, NETWORK_TYPES, type NetworkConfig, newNetwork } from "./config.ts";
import {
  absolutePath,
  architecture,
  capabilities,
  deviceName,
  environmentVariable,
  hardwareAddress,
  hostname,
  idMapLine,
  ipAddress,
  ipWithPrefix,
  oneOf,
  text,
  wholeNumber,
} from "./config-values.ts";
import { parseMountEntry, readFstab } from "./fstab.ts";

/** Takes a value into the configuration. */
type Key = (config: ContainerConfig, value: string) => void;

const KEYS: Readonly<Record<string, Key>> = {
  "lxc.utsname": sets("utsname", hostname),
  "lxc.arch": sets("arch", architecture),
  "lxc.rootfs": sets("rootfs", absolutePath),
  "lxc.rootfs.mount": sets("rootfsMount", absolutePath),
  "lxc.mount": adds("mounts", readFstab),
  "lxc.mount.entry": adds("mounts", (value) => [parseMountEntry(value)]),
  "lxc.autodev": sets("autodev", (value) => oneOf(["0", "1"])(value) === "1"), // LXC 0.9
  "lxc.pts": sets("pts", wholeNumber),
  "lxc.tty": sets("tty", wholeNumber),
  "lxc.console": sets("console", text),
  "lxc.devttydir": sets("devttydir", text),
  "lxc.cap.drop": adds("capDrop", capabilities),
  "lxc.cap.keep": adds("capKeep", capabilities), // LXC 1.0
  "lxc.aa_profile": sets("aaProfile", text),
  "lxc.se_context": sets("seContext", text), // LXC 1.0
  "lxc.seccomp": sets("seccomp", absolutePath), // LXC 0.9
  "lxc.id_map": adds("idMap", (value) => [idMapLine(value)]), // LXC 0.9
  "lxc.environment": adds("environment", (value) => [environmentVariable(value)]), // LXC 1.1
  "lxc.network.type": adds("networks", (value) => [newNetwork(oneOf(NETWORK_TYPES)(value))]),
  "lxc.network.flags": setsNetwork("up", (value) => oneOf(["up"])(value) === "up"),
  "lxc.network.link": setsNetwork("link", deviceName),
  "lxc.network.name": setsNetwork("name", deviceName),
  "lxc.network.mtu": setsNetwork("mtu", wholeNumber),
  "lxc.network.hwaddr": setsNetwork("hwaddr", hardwareAddress),
  "lxc.network.ipv4": addsNetwork("addresses", (value) => [ipWithPrefix(value, 4)]),
  "lxc.network.ipv6": addsNetwork("addresses", (value) => [ipWithPrefix(value, 6)]),
  "lxc.network.ipv4.gateway": addsNetwork("gateways", (value) => [ipAddress(value, 4)]),
  "lxc.network.ipv6.gateway": addsNetwork("gateways", (value) => [ipAddress(value, 6)]),
  "lxc.network.veth.pair": setsNetwork("vethPair", deviceName),
  "lxc.network.macvlan.mode": setsNetwork("macvlanMode", oneOf(MACVLAN_MODES)),
  "lxc.network.script.up": setsNetwork("scriptUp", absolutePath),
};

const CGROUP_PREFIX = "lxc.cgroup.";

/**
 * Takes one line of the file into `config`.
 *
 * @throws {Error} When there is no such key, or its value is wrong; the message tells what, the caller where.
 */
export function setKey(config: ContainerConfig, key: string, value: string): void {
  if (value === "") throw new Error(`${key} has no value`);
  const set = key.startsWith(CGROUP_PREFIX) ? setsControlFile(key) : Object.hasOwn(KEYS, key) && KEYS[key];
  if (!set) throw new Error(`unknown key "${key}"`);
  set(config, value);
}

type Lists<Of> = { [Field in keyof Of]-?: NonNullable<Of[Field]> extends unknown[] ? Field : never }[keyof Of];

function sets<Field extends keyof ContainerConfig>(field: Field, read: (value: string) => ContainerConfig[Field]): Key {
  return (config, value) => {
    config[field] = read(value);
  };
}

function adds<Field extends Lists<ContainerConfig>>(
  field: Field,
  read: (value: string) => NonNullable<ContainerConfig[Field]>,
): Key {
  return (config, value) => {
    config[field] = [...(config[field] ?? []), ...read(value)] as ContainerConfig[Field]; // both are lists of the same
  };
}

/** Keys of a network belong to the last `lxc.network.type` before them. */
function setsNetwork<Field extends keyof NetworkConfig>(
  field: Field,
  read: (value: string) => NetworkConfig[Field],
): Key {
  return (config, value) => {
    lastNetwork(config)[field] = read(value);
  };
}

function addsNetwork<Field extends Lists<NetworkConfig>>(
  field: Field,
  read: (value: string) => NetworkConfig[Field],
): Key {
  return (config, value) => {
    const network = lastNetwork(config);
    network[field] = [...network[field], ...read(value)] as NetworkConfig[Field]; // both are lists of the same
  };
}

function lastNetwork(config: ContainerConfig): NetworkConfig {
  const last = config.networks.at(-1);
  if (!last) throw new Error("the keys of a network come after its lxc.network.type");
  return last;
}

/** `lxc.cgroup.memory.limit_in_bytes` is whatever the kernel calls `memory.limit_in_bytes`; which there are, LXC doesn't know. */
function setsControlFile(key: string): Key | undefined {
  const controlFile = key.slice(CGROUP_PREFIX.length);
  if (!/^[a-z0-9_]+(\.[A-Za-z0-9_]+)+$/.test(controlFile)) return undefined;
  return (config, value) => {
    config.cgroup.push([controlFile, value]);
  };
}
