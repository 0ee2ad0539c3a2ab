/**
 * The default network: a bridge of the kernel, which is a switch that the host is plugged into too. It is made at the daemon's start, unless it is
 * there, and stays when the daemon ends as long as containers that run on are connected.
 *
 *     container A        container B
 *       eth0 .2            eth0 .3
 *        ║                  ║              veth pairs
 *     ┌──╨──────────────────╨──┐
 *     │  eras2019   .1         │           the containers' gateway: the host routes, and iptables translates addresses
 *     └────────────────────────┘
 */
import { existsSync, readFileSync } from "node:fs";
import { addAddress, listAddresses } from "@eras/linux/netlink/addresses.ts";
import { createBridge, linkExists, linkIndex, setLink } from "@eras/linux/netlink/links.ts";
import { listRoutes } from "@eras/linux/netlink/routes.ts";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { freeSubnet } from "./ipam.ts";
import { DEFAULT_BRIDGE, type NetworksOptions, NO_BRIDGE, OWN_BRIDGES } from "./options.ts";
import { resolversOf } from "./resolv-conf.ts";
import { formatAddress, hardwareAddressOf, parseAddress, Subnet } from "./subnet.ts";

/** The default network, as it is kept. */
export interface BridgeNetwork {
  /** 64 hexadecimal digits. */
  readonly id: string;
  /** RFC 3339. */
  readonly created: string;
  readonly subnet: Subnet;
  /** The bridge's own address: the first of its subnet, unless it has one already. */
  readonly gateway: number;
  /** Where containers send what is for others: the bridge's own address, unless told. */
  readonly defaultGateway: number;
  /** The bridge's name as a link. */
  readonly device: string;
  /** Whether it is made by dockerd, and goes with it. Somebody else's stays as it is. */
  readonly isOurs: boolean;
  /** Bytes that a packet of containers may have; 0 is the kernel's. */
  readonly mtu: number;
  /** Whether containers may speak with each other. */
  readonly icc: boolean;
  /** Whether they have the host's address outside. */
  readonly masquerade: boolean;
  /** Of ports that are published without one. */
  readonly bindAddress: string;
}

/** The bridge that the options ask for. @param kept - As it was the last time. @throws {InvalidArgument} */
export function bridgeNetwork(
  kept: { readonly id: string; readonly created: string; readonly subnet?: string; readonly made?: string },
  options: NetworksOptions,
): BridgeNetwork {
  const { device = DEFAULT_BRIDGE, bridgeAddress, pools, mtu = 0, icc = true, masquerade = true } = options;
  const { bindAddress = "0.0.0.0" } = options;
  if (device !== NO_BRIDGE && !device.startsWith(OWN_BRIDGES)) checkForeign(device, bridgeAddress);
  const isOurs = device !== NO_BRIDGE && (!linkExists(device) || [DEFAULT_BRIDGE, kept.made].includes(device));
  const settings = { id: kept.id, created: kept.created, device, isOurs, mtu, icc, masquerade, bindAddress };
  const address = bridgeAddress || addressOf(device, options.fixedCidr);
  if (address) return withGateway(options, { ...settings, ...addressed(address) });
  const subnet = chooseSubnet(kept.subnet, pools);
  return withGateway(options, { ...settings, subnet, gateway: subnet.first + 1 });
}

/** @throws {InvalidArgument} In the original's words. */
function checkForeign(device: string, bridgeAddress: string | undefined): void {
  if (bridgeAddress)
    throw new InvalidArgument("You specified -b & --bip, mutually exclusive options. Please specify only one");
  if (linkExists(device)) return;
  throw new InvalidArgument(
    `Error initializing network controller: Error creating default "bridge" network: bridge device with non default name ${device} must be created manually`,
  );
}

/** `10.0.0.7/24` is 10.0.0.7, in 10.0.0.0/24. */
function addressed(address: string): Pick<BridgeNetwork, "subnet" | "gateway"> {
  if (!address.includes("/")) throw new InvalidArgument(`invalid CIDR address: ${address}`);
  return { subnet: Subnet.parse(address), gateway: parseAddress(address.split("/")[0]!) };
}

/** Of a bridge that is there; of several that which is in the containers' part. */
function addressOf(device: string, fixedCidr: string | undefined): string | undefined {
  if (!linkExists(device)) return undefined;
  const index = linkIndex(device);
  const own = listAddresses().flatMap(({ link, address }) => (link === index && isIpv4(address) ? [address] : []));
  const part = fixedCidr ? Subnet.parse(fixedCidr) : undefined;
  return own.find((address) => part?.contains(addressed(address).gateway)) ?? own[0];
}

function isIpv4(address: string): boolean {
  return !address.includes(":");
}

function withGateway(options: NetworksOptions, bridge: Omit<BridgeNetwork, "defaultGateway">): BridgeNetwork {
  const { defaultGateway: text } = options;
  if (!text) return { ...bridge, defaultGateway: bridge.gateway };
  const asked = Subnet.parse(text);
  if (!bridge.subnet.overlaps(asked)) throw new InvalidArgument("default gateway ip must be part of the network");
  return { ...bridge, defaultGateway: asked.first };
}

const RESOLV_CONF = "/etc/resolv.conf";
/** Where a Docker keeps its networks, which takes 172.17.0.0/16 for its own when it is started. */
const OTHER_DOCKER = { state: "/var/lib/docker/network", subnet: Subnet.parse("172.17.0.0/16") };

/**
 * A subnet that reaches nothing which the host reaches now: no route, no resolver, no Docker's network.
 *
 * @param kept - What was chosen before, and is taken again if it is still so.
 */
function chooseSubnet(kept: string | undefined, pools?: readonly Subnet[]): Subnet {
  const inUse = subnetsInUse();
  const before = kept === undefined ? undefined : Subnet.parse(kept);
  return before && !inUse.some((other) => other.overlaps(before)) ? before : freeSubnet(inUse, pools);
}

function subnetsInUse(): Subnet[] {
  const routes = listRoutes().map(({ destination }) => destination);
  const resolvers = existsSync(RESOLV_CONF) ? resolversOf(readFileSync(RESOLV_CONF, "utf8")) : [];
  const reached = [...routes.filter((destination) => !destination.endsWith("/0")), ...resolvers].filter(isIpv4);
  return [...reached.map(Subnet.parse), ...(existsSync(OTHER_DOCKER.state) ? [OTHER_DOCKER.subnet] : [])];
}

/** Makes the bridge, or takes the one that is there. */
export function raiseBridge({ device, gateway, subnet, isOurs }: BridgeNetwork): void {
  if (!linkExists(device)) createBridge(device);
  const index = linkIndex(device);
  const address = `${formatAddress(gateway)}/${subnet.prefixLength}`;
  const hasIt = listAddresses().some((own) => own.link === index && own.address === address);
  if (!hasIt) addAddress(device, address);
  // Without one of its own a bridge's hardware address is its ports' lowest, which changes with them.
  setLink(device, { up: true, ...(isOurs && { hardwareAddress: hardwareAddressOf(gateway) }) });
}
