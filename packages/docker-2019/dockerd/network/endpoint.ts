/** An endpoint: a container's plug in the bridge. One end of a veth pair is a port of the bridge, the other is the container's eth0. */
import { closeSync, existsSync, openSync, writeFileSync } from "node:fs";
import { isErrno } from "@eras/linux/errno.ts";
import { addAddress, addRoute, createVeth, deleteLink, setLink } from "@eras/linux/netlink.ts";
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
 * Puts an endpoint into a network namespace.
 *
 * @param netnsPath - As `/proc/<pid>/ns/net`.
 * @throws {ErrnoError} When the kernel refuses; nothing of it is left then.
 */
export function plugIn({ device, gateway, subnet }: BridgeNetwork, endpoint: Endpoint, netnsPath: string): void {
  const [outer, inner] = [outerLink(endpoint), `${outerLink(endpoint)}i`];
  createVeth(outer, inner);
  try {
    setLink(outer, { master: device, up: true });
    moveInto(netnsPath, inner, endpoint.hardwareAddress);
    inNetworkNamespace(netnsPath, () => {
      turnOffIpv6();
      addAddress(INSIDE, `${formatAddress(endpoint.address)}/${subnet.prefixLength}`);
      setLink(INSIDE, { up: true });
      addRoute({ gateway: formatAddress(gateway) });
    });
  } catch (error) {
    unplug(endpoint);
    throw error;
  }
}

/** Takes an endpoint away, if it is not gone with its namespace. */
export function unplug(endpoint: Endpoint): void {
  try {
    deleteLink(outerLink(endpoint)); // with its other end
  } catch (error) {
    if (!isErrno(error, "ENODEV")) throw error;
  }
}

/** The host's end, `veth` and seven digits. A link's name has at most 15 characters. */
export function outerLink({ id }: Pick<Endpoint, "id">): string {
  return `veth${id.slice(0, 7)}`;
}

function moveInto(netnsPath: string, link: string, hardwareAddress: string): void {
  const namespaceFd = openSync(netnsPath, "r");
  try {
    setLink(link, { namespaceFd, name: INSIDE, hardwareAddress });
  } finally {
    closeSync(namespaceFd);
  }
}

/** The network has no IPv6; an address that the kernel made up would make programs try it. */
function turnOffIpv6(): void {
  const switchFile = `/proc/sys/net/ipv6/conf/${INSIDE}/disable_ipv6`;
  if (existsSync(switchFile)) writeFileSync(switchFile, "1"); // some kernels have none
}
