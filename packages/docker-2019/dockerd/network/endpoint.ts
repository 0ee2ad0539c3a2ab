/** An endpoint: a container's plug in the bridge. One end of a veth pair is a port of the bridge, the other is the container's eth0. */
import { closeSync, existsSync, openSync, writeFileSync } from "node:fs";
import { isErrno } from "@eras/linux/errno.ts";
import { addAddress } from "@eras/linux/netlink/addresses.ts";
import { createVeth, setLink } from "@eras/linux/netlink/links.ts";
import { addRoute } from "@eras/linux/netlink/routes.ts";
import type { TraceObject } from "@eras/trace/event.ts";
import { step } from "../../step.ts";
import type { BridgeNetwork } from "./bridge.ts";
import { inNetworkNamespace } from "./netns.ts";
import { formatAddress } from "./subnet.ts";

export interface Endpoint {
  /** 64 hexadecimal digits. */
  readonly id: string;
  readonly address: number;
  /** `02:42:ac:11:00:02` */
  readonly hardwareAddress: string;
}

/** What a container calls it. */
const INSIDE = "eth0";

/**
 * Puts an endpoint into a network namespace. The inner end is made there: to make it here and then move it is what everybody does, and takes the
 * kernel 25 ms.
 *
 * @param netnsPath - As `/proc/<pid>/ns/net`.
 * @throws {ErrnoError} When the kernel refuses; what there is of it goes with the namespace.
 */
export function plugIn(bridge: BridgeNetwork, endpoint: Endpoint, netnsPath: string): void {
  step("dockerd.plug-in", { ...cableOf(bridge, endpoint), netnsPath }, newLink(endpoint));
  const { device, defaultGateway, mtu } = bridge;
  const outer = outerLink(endpoint);
  const { address, hardwareAddress } = cableOf(bridge, endpoint);
  const namespaceFd = openSync(netnsPath, "r");
  try {
    createVeth(outer, INSIDE, { namespaceFd, hardwareAddress });
  } finally {
    closeSync(namespaceFd);
  }
  const size = mtu > 0 ? { mtu } : {};
  setLink(outer, { master: device, up: true, ...size });
  inNetworkNamespace(netnsPath, () => {
    turnOffIpv6();
    addAddress(INSIDE, address);
    setLink(INSIDE, { up: true, ...size });
    addRoute({ gateway: formatAddress(defaultGateway) });
  });
}

/** The bridge and the inner end, with the addresses that they have: `172.17.0.2/16`. */
function cableOf({ device, gateway, subnet }: BridgeNetwork, { address, hardwareAddress }: Endpoint) {
  const inSubnet = (own: number) => `${formatAddress(own)}/${subnet.prefixLength}`;
  return { bridge: device, gateway: inSubnet(gateway), inside: INSIDE, address: inSubnet(address), hardwareAddress };
}

function newLink(endpoint: Endpoint): TraceObject {
  return { type: "netdev", id: outerLink(endpoint), change: "create" };
}

/**
 * Takes the cable out, and nothing passes any more. The pair goes with the container's namespace, when the kernel finds time; to delete it here
 * and now would take another 25 ms.
 */
export function unplug(endpoint: Endpoint): void {
  try {
    setLink(outerLink(endpoint), { up: false });
  } catch (error) {
    if (!isErrno(error, "ENODEV")) throw error; // it has gone
  }
}

/** The host's end, `veth` and seven digits. A link's name has at most 15 characters. */
export function outerLink({ id }: Pick<Endpoint, "id">): string {
  return `veth${id.slice(0, 7)}`;
}

/** The network has no IPv6; an address that the kernel made up would make programs try it. Loopback has none then either, as in the original. */
function turnOffIpv6(): void {
  const switchFile = "/proc/sys/net/ipv6/conf/all/disable_ipv6";
  if (existsSync(switchFile)) writeFileSync(switchFile, "1"); // some kernels have none
}
