/**
 * What a container is to be: the content of config.lxc as plain data, which travels from lxc-start to its init as JSON.
 *
 * Absent means that the file does not say: no network section is the host's network, no `rootfs` the host's root.
 */
export interface ContainerConfig {
  utsname?: string;
  arch?: Architecture;
  rootfs?: string;
  /** Where `rootfs` is mounted before it becomes "/"; absent, on itself. */
  rootfsMount?: string;
  mounts: MountEntry[];
  /** Whether /dev is a tmpfs with the usual devices; absent, when the image has no /dev/null. */
  autodev?: boolean;
  /** Most pseudoterminals that the container may open; 0 leaves it those of the host. */
  pts: number;
  /** How many terminals to put at /dev/tty1 and up. */
  tty: number;
  /** A file or device that carries /dev/console; `none` and absent: there is no console. */
  console?: string;
  /** Directory below /dev for the console and the ttys. */
  devttydir?: string;
  capDrop: string[];
  capKeep?: string[];
  /** Control files and what to write to them, in order: `["devices.deny", "a"]`. */
  cgroup: [controlFile: string, value: string][];
  networks: NetworkConfig[];
  idMap: IdMapLine[];
  aaProfile?: string;
  seContext?: string;
  /** Path of a seccomp policy. */
  seccomp?: string;
  environment: string[];
}

/** Which machine `uname` shows: a 64-bit kernel can show its programs a 32-bit one. */
export type Architecture = "x86" | "x86_64";

/** A line as in fstab(5). */
export interface MountEntry {
  source: string;
  /** Absolute, starting with the rootfs; or relative to it. */
  target: string;
  type: string;
  options: string;
}

/** One `lxc.network.type` and the lines up to the next. */
export interface NetworkConfig {
  type: (typeof NETWORK_TYPES)[number];
  up: boolean;
  /** `veth`: the bridge to join. `phys`, `macvlan`: the host's device. */
  link?: string;
  /** The device's name inside; absent, the first free `ethN`. */
  name?: string;
  mtu?: number;
  hwaddr?: string;
  addresses: IpNetwork[];
  gateways: string[];
  /** The host's end of a veth pair; absent, a random name. */
  vethPair?: string;
  macvlanMode: (typeof MACVLAN_MODES)[number];
  /** A program of the host to run when the device is there: `SCRIPT name net up type host-device`. */
  scriptUp?: string;
}

export const NETWORK_TYPES = ["empty", "veth", "phys", "macvlan"] as const;
export const MACVLAN_MODES = ["private", "vepa", "bridge"] as const;

/** An address and how many of its bits name the network. */
export interface IpNetwork {
  address: string;
  prefixLength: number;
}

/** `u 0 100000 65536`: user ids 0–65535 inside are 100000–165535 outside. `g` are group ids. */
export interface IdMapLine {
  kind: "u" | "g";
  containerId: number;
  hostId: number;
  size: number;
}

/** A container of which nothing is said. */
export function emptyConfig(): ContainerConfig {
  return { mounts: [], pts: 0, tty: 0, capDrop: [], cgroup: [], networks: [], idMap: [], environment: [] };
}

/** A network of which only the type is known. */
export function newNetwork(type: NetworkConfig["type"]): NetworkConfig {
  return { type, up: false, addresses: [], gateways: [], macvlanMode: "private" };
}

/** The host's id of the container's root, as user or as group; undefined where it is not mapped. */
export function hostIdOfRoot(idMap: readonly IdMapLine[], kind: IdMapLine["kind"]): number | undefined {
  return idMap.find((line) => line.kind === kind && line.containerId === 0)?.hostId;
}
