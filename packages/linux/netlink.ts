/**
 * Network links, addresses and routes of the namespace that the calling thread is in: what the program `ip` does.
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
import { isErrno } from "./errno.ts";
import { libcFunction } from "./libc.ts";
import {
  attribute,
  decodeAttributes,
  decodeText,
  type NetlinkMessage,
  nested,
  numberAttribute,
  textAttribute,
} from "./netlink/message.ts";
import { NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL, request } from "./netlink/request.ts";

// Attributes of a link, an address and a route: linux/if_link.h, if_addr.h, rtnetlink.h.
// biome-ignore format: one line a group
const IFLA = { ADDRESS: 1, IFNAME: 3, MTU: 4, LINK: 5, MASTER: 10, LINKINFO: 18, NET_NS_PID: 19, NET_NS_FD: 28 };
const IFLA_INFO = { KIND: 1, DATA: 2 };
const VETH_INFO_PEER = 1;
const IFLA_MACVLAN_MODE = 1;
const IFA = { ADDRESS: 1, LOCAL: 2, BROADCAST: 4 };
const RTA = { DST: 1, OIF: 4, GATEWAY: 5 };

const IFF_UP = 0x1;
const AF_INET = 2;
const AF_INET6 = 10;

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

/**
 * Gives a link an address.
 *
 * @param address - With the length of its network's prefix: `10.0.0.2/24`, `2001:db8::2/64`.
 * @param broadcast - Default: for IPv4, the network's last address.
 */
export function addAddress(link: string, address: string, broadcast?: string): void {
  const { family, bytes, prefixLength } = parseNetwork(address);
  const header = Buffer.alloc(8); // struct ifaddrmsg: family, prefix length, flags, scope (1 byte each), link index (4)
  header[0] = family;
  header[1] = prefixLength;
  header.writeUInt32LE(linkIndex(link), 4);
  const attributes = [attribute(IFA.LOCAL, bytes), attribute(IFA.ADDRESS, bytes)];
  if (broadcast !== undefined) attributes.push(attribute(IFA.BROADCAST, parseNetwork(broadcast).bytes));
  else if (family === AF_INET && prefixLength < 31) {
    attributes.push(attribute(IFA.BROADCAST, lastAddress(bytes, prefixLength)));
  }
  request("NEWADDR", `${address} on ${link}`, [header, ...attributes], NLM_F_CREATE | NLM_F_EXCL);
}

/** An address of a link. */
export interface LinkAddress {
  /** Index of the link. */
  readonly link: number;
  /** `10.0.0.2/24`, `2001:db8::2/64` */
  readonly address: string;
}

/** All addresses of the namespace. */
export function listAddresses(): LinkAddress[] {
  return request("GETADDR", "all addresses", [Buffer.alloc(8)], NLM_F_DUMP).map(({ body }) => {
    const attributes = decodeAttributes(body.subarray(8));
    const bytes = (attributes.get(IFA.LOCAL) ?? attributes.get(IFA.ADDRESS))!; // of a peer-to-peer link, ADDRESS is the other end's
    return { link: body.readUInt32LE(4), address: `${formatAddress(body[0]!, bytes)}/${body[1]}` };
  });
}

function lastAddress(bytes: Buffer, prefixLength: number): Buffer {
  const last = Buffer.alloc(4);
  last.writeUInt32BE((bytes.readUInt32BE() | (0xffff_ffff >>> prefixLength)) >>> 0);
  return last;
}

/** A route. At least one of `gateway` and `link` is needed. */
export interface Route {
  /** `10.1.0.0/16`; left out, the default route of the gateway's family. */
  readonly destination?: string;
  readonly gateway?: string;
  readonly link?: string;
}

// struct rtmsg: family, destination's and source's prefix length, TOS, table, protocol, scope, type (1 byte each), flags (4)
const RT_TABLE_MAIN = 254;
const RTPROT_BOOT = 3;
const RT_SCOPE_UNIVERSE = 0;
const RT_SCOPE_LINK = 253;
const RTN_UNICAST = 1;

/** Adds a route to the main table. */
export function addRoute({ destination, gateway, link }: Route): void {
  const network = destination === undefined ? undefined : parseNetwork(destination);
  const hop = gateway === undefined ? undefined : parseNetwork(gateway);
  const family = network?.family ?? hop?.family ?? AF_INET;
  const scope = hop === undefined && family === AF_INET ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
  const prefixLength = network?.prefixLength ?? 0;
  const header = Buffer.from([family, prefixLength, 0, 0, RT_TABLE_MAIN, RTPROT_BOOT, scope, RTN_UNICAST, 0, 0, 0, 0]);
  const attributes: Buffer[] = [];
  if (network !== undefined) attributes.push(attribute(RTA.DST, network.bytes));
  if (hop !== undefined) attributes.push(attribute(RTA.GATEWAY, hop.bytes));
  if (link !== undefined) attributes.push(numberAttribute(RTA.OIF, linkIndex(link)));
  const subject = `${destination ?? "default"} via ${gateway ?? link}`;
  request("NEWROUTE", subject, [header, ...attributes], NLM_F_CREATE | NLM_F_EXCL);
}

/** A route of the main table, as the kernel tells it. */
export interface RouteEntry {
  /** `10.1.0.0/16`; `0.0.0.0/0` and `::/0` are the default routes. */
  readonly destination: string;
  readonly gateway: string | undefined;
  /** Index of the link that it goes out on; a route over several links has none. */
  readonly link: number | undefined;
}

/** All routes of the main table, IPv4's first. */
export function listRoutes(): RouteEntry[] {
  const main = ({ body }: NetlinkMessage) => body[4] === RT_TABLE_MAIN;
  return request("GETROUTE", "all routes", [Buffer.alloc(12)], NLM_F_DUMP)
    .filter(main)
    .map(({ body }) => {
      const [family, prefixLength] = [body[0]!, body[1]!];
      const attributes = decodeAttributes(body.subarray(12));
      const gateway = attributes.get(RTA.GATEWAY);
      const bytes = attributes.get(RTA.DST) ?? Buffer.alloc(family === AF_INET ? 4 : 16);
      return {
        destination: `${formatAddress(family, bytes)}/${prefixLength}`,
        gateway: gateway && formatAddress(family, gateway),
        link: attributes.get(RTA.OIF)?.readUInt32LE(),
      };
    });
}

const inetNtop = libcFunction<[number, Buffer, Buffer, number]>(
  "intptr_t inet_ntop(int family, void *address, void *text, uint size)",
);
/** INET6_ADDRSTRLEN */
const ADDRESS_TEXT_MAX = 46;

function formatAddress(family: number, bytes: Buffer): string {
  const text = Buffer.alloc(ADDRESS_TEXT_MAX);
  inetNtop(family, bytes, text, text.length);
  return text.toString("latin1", 0, text.indexOf(0));
}

const inetPton = libcFunction<[number, string, Buffer]>("int inet_pton(int family, str text, void *address)");

/** An address in network order, and its prefix: that of a single address when the text names none. */
function parseNetwork(text: string): { family: number; bytes: Buffer; prefixLength: number } {
  const [address, prefix] = text.split("/", 2);
  const family = address!.includes(":") ? AF_INET6 : AF_INET;
  const bytes = Buffer.alloc(family === AF_INET ? 4 : 16);
  const prefixLength = prefix === undefined ? bytes.length * 8 : Number(prefix);
  const valid =
    inetPton(family, address!, bytes) === 1 && /^\d+$/.test(prefix ?? "0") && prefixLength <= bytes.length * 8;
  if (!valid) throw new Error(`Cannot parse IP address "${text}"`);
  return { family, bytes, prefixLength };
}
