/**
 * Network links of the namespace that the calling thread is in: what `ip link` does.
 *
 * A container's network is usually a veth pair: one end stays on the host, as a port of a bridge, the other moves into the
 * container's namespace, where it is renamed to eth0:
 *
 *     host                              container
 *     br0 ── vethA ═══════════════════ vethB → eth0        createVeth("vethA", "vethB")
 *                                                          setLink("vethA", { master: "br0", up: true })
 *                                                          setLink("vethB", { namespacePid: pid, name: "eth0" })
 *
 * When either end or its namespace goes away, the pair is gone.
 *
 * @see https://man7.org/linux/man-pages/man7/rtnetlink.7.html
 */
import { isErrno } from "../errno.ts";
import {
  attribute,
  decodeAttributes,
  decodeText,
  type NetlinkMessage,
  nested,
  numberAttribute,
  textAttribute,
} from "./message.ts";
import { NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL, request } from "./request.ts";

// Attributes of a link: linux/if_link.h.
// biome-ignore format: one line a group
const IFLA = { ADDRESS: 1, IFNAME: 3, MTU: 4, LINK: 5, MASTER: 10, LINKINFO: 18, NET_NS_PID: 19, NET_NS_FD: 28 };
const IFLA_INFO = { KIND: 1, DATA: 2 };
const VETH_INFO_PEER = 1;
const IFLA_MACVLAN_MODE = 1;

const IFF_UP = 0x1;

/** How the macvlan links of one parent see each other: not at all, through an outer switch, directly, or one alone. */
const MACVLAN_MODES = { private: 1, vepa: 2, bridge: 4, passthru: 8 } as const;
export type MacvlanMode = keyof typeof MACVLAN_MODES;

/** A network link. */
export interface Link {
  readonly index: number;
  readonly name: string;
  /** `veth`, `bridge`, `macvlan`; undefined for hardware and loopback. */
  readonly kind: string | undefined;
  readonly up: boolean;
  readonly mtu: number;
  /** As `02:00:00:aa:bb:cc`; empty for links without one. */
  readonly hardwareAddress: string;
  /** Index of the bridge that the link is a port of. */
  readonly master: number | undefined;
}

/** Where one end of a pair is to be, other than beside the other. */
export interface VethPeer {
  /** Open on a network namespace. To make a link there costs nothing; to move one takes the kernel tens of milliseconds. */
  readonly namespaceFd?: number;
  /** As `02:00:00:aa:bb:cc`. */
  readonly hardwareAddress?: string;
}

/** Creates a pair of links: what enters one leaves the other. @see https://man7.org/linux/man-pages/man4/veth.4.html */
export function createVeth(name: string, peerName: string, { namespaceFd, hardwareAddress }: VethPeer = {}): void {
  const attributes = [nameAttribute(peerName)];
  if (namespaceFd !== undefined) attributes.push(numberAttribute(IFLA.NET_NS_FD, namespaceFd));
  if (hardwareAddress !== undefined) attributes.push(attribute(IFLA.ADDRESS, parseHardwareAddress(hardwareAddress)));
  createLink(name, "veth", [nested(VETH_INFO_PEER, ifinfomsg(), ...attributes)]);
}

/** Creates an Ethernet bridge: a switch whose ports are the links that have it as `master`. */
export function createBridge(name: string): void {
  createLink(name, "bridge");
}

/** Creates a link with a hardware address of its own on top of `parent`. */
export function createMacvlan(name: string, parent: string, mode: MacvlanMode): void {
  const below = numberAttribute(IFLA.LINK, linkIndex(parent));
  createLink(name, "macvlan", [numberAttribute(IFLA_MACVLAN_MODE, MACVLAN_MODES[mode])], [below]);
}

function createLink(name: string, kind: string, data: Buffer[] = [], attributes: Buffer[] = []): void {
  const linkInfo = nested(IFLA.LINKINFO, textAttribute(IFLA_INFO.KIND, kind), nested(IFLA_INFO.DATA, ...data));
  const body = [ifinfomsg(), nameAttribute(name), ...attributes, linkInfo];
  request("NEWLINK", name, body, NLM_F_CREATE | NLM_F_EXCL);
}

/** What to change about a link; what is left out stays. */
export interface LinkChanges {
  readonly up?: boolean;
  readonly name?: string;
  readonly mtu?: number;
  /** The bridge to become a port of; `null` to leave it. */
  readonly master?: string | null;
  /** As `02:00:00:aa:bb:cc`. */
  readonly hardwareAddress?: string;
  /** Moves the link to the network namespace of this process. A new name applies there, so the move cannot meet its old one. */
  readonly namespacePid?: number;
  /** Moves the link to the network namespace that this descriptor is open on. */
  readonly namespaceFd?: number;
}

/** Changes a link, all in one request. @throws {ErrnoError} ENODEV when there is no such link. */
export function setLink(link: string, changes: LinkChanges): void {
  const { up, name, mtu, master, hardwareAddress, namespacePid, namespaceFd } = changes;
  const attributes: Buffer[] = [];
  if (namespacePid !== undefined) attributes.push(numberAttribute(IFLA.NET_NS_PID, namespacePid));
  if (namespaceFd !== undefined) attributes.push(numberAttribute(IFLA.NET_NS_FD, namespaceFd));
  if (name !== undefined) attributes.push(nameAttribute(name));
  if (mtu !== undefined) attributes.push(numberAttribute(IFLA.MTU, mtu));
  if (master !== undefined) attributes.push(numberAttribute(IFLA.MASTER, master === null ? 0 : linkIndex(master)));
  if (hardwareAddress !== undefined) attributes.push(attribute(IFLA.ADDRESS, parseHardwareAddress(hardwareAddress)));
  request("NEWLINK", link, [ifinfomsg({ index: linkIndex(link), up }), ...attributes]);
}

/** Deletes a link, with its peer if it is a veth. */
export function deleteLink(name: string): void {
  request("DELLINK", name, [ifinfomsg({ index: linkIndex(name) })]);
}

/** The number by which the kernel knows a link. @throws {ErrnoError} ENODEV when there is no such link. */
export function linkIndex(name: string): number {
  const [link] = request("GETLINK", name, [ifinfomsg(), nameAttribute(name)]);
  return decodeLink(link!).index;
}

/** Whether there is a link of this name. */
export function linkExists(name: string): boolean {
  try {
    return linkIndex(name) > 0;
  } catch (error) {
    if (isErrno(error, "ENODEV")) return false;
    throw error;
  }
}

/** All links of the namespace, in the order of their indexes. */
export function listLinks(): Link[] {
  return request("GETLINK", "all links", [ifinfomsg()], NLM_F_DUMP).map(decodeLink);
}

/** struct ifinfomsg: family (1 byte), padding (1), hardware type (2), index (4), flags (4), which flags to change (4). */
function ifinfomsg({ index = 0, up }: { index?: number; up?: boolean | undefined } = {}): Buffer {
  const header = Buffer.alloc(16);
  header.writeInt32LE(index, 4);
  header.writeUInt32LE(up ? IFF_UP : 0, 8);
  header.writeUInt32LE(up === undefined ? 0 : IFF_UP, 12);
  return header;
}

function decodeLink({ body }: NetlinkMessage): Link {
  const attributes = decodeAttributes(body.subarray(16));
  const linkInfo = decodeAttributes(attributes.get(IFLA.LINKINFO) ?? Buffer.alloc(0));
  const kind = linkInfo.get(IFLA_INFO.KIND);
  return {
    index: body.readInt32LE(4),
    name: decodeText(attributes.get(IFLA.IFNAME)!),
    kind: kind && decodeText(kind),
    up: (body.readUInt32LE(8) & IFF_UP) !== 0,
    mtu: attributes.get(IFLA.MTU)!.readUInt32LE(),
    hardwareAddress: (attributes.get(IFLA.ADDRESS)?.toString("hex").match(/../g) ?? []).join(":"),
    master: attributes.get(IFLA.MASTER)?.readUInt32LE(),
  };
}

/** Longest name of a link: IFNAMSIZ without the NUL. */
const NAME_MAX = 15;

function nameAttribute(name: string): Buffer {
  // The kernel answers ERANGE or EINVAL, which tells a person nothing.
  if (Buffer.byteLength(name) > NAME_MAX)
    throw new Error(`Cannot name a link "${name}": longer than ${NAME_MAX} bytes`);
  return textAttribute(IFLA.IFNAME, name);
}

function parseHardwareAddress(text: string): Buffer {
  if (!/^[\da-f]{2}(:[\da-f]{2}){5}$/i.test(text)) throw new Error(`Cannot parse hardware address "${text}"`);
  return Buffer.from(text.replaceAll(":", ""), "hex");
}
