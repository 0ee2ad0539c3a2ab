/**
 * The network of a container: devices are made on the host, moved into the container's network namespace, and named and
 * addressed there. For that lxc-start itself enters the namespace for a moment; the init has no part in it.
 *
 *     type      made on the host                       the container gets
 *     empty     nothing                                only lo
 *     veth      a pair; one end joins the bridge       the other end
 *     macvlan   a device with an address of its own    it
 *     phys      nothing                                a device of the host, which has it back at the end
 */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { isErrno } from "@eras/linux/errno.ts";
import { CLONE_NEWNET, joinNamespace, setns } from "@eras/linux/namespaces.ts";
import { addAddress } from "@eras/linux/netlink/addresses.ts";
import { createMacvlan, createVeth, deleteLink, setLink } from "@eras/linux/netlink/links.ts";
import { addRoute } from "@eras/linux/netlink/routes.ts";
import { step } from "../step.ts";
import { attempt } from "./attempt.ts";
import type { NetworkConfig } from "./config.ts";

/** A device on its way: what the host calls it now, and the container later. */
interface Device {
  readonly network: NetworkConfig;
  readonly hostName: string;
  readonly name: string;
}

/** Whose network it is. */
export interface Container {
  readonly name: string;
  /** A process in its network namespace. */
  readonly pid: number;
  /** Gets the removal of what is made on the host; the kernel does it too, when it has noticed that the namespace is gone. */
  readonly cleanUp: AsyncDisposableStack;
}

/** Gives a container its network devices. @throws {Error} When one can't be made or moved, or doesn't take its settings. */
export function connectNetworks(networks: readonly NetworkConfig[], { pid, ...container }: Container): void {
  step("lxc-start.network", { networks });
  const devices = networks
    .filter(({ type }) => type !== "empty")
    .map((network, index) => {
      const name = network.name ?? `eth${index}`;
      return attempt(`make network device ${name}`, () => ({
        network,
        name,
        hostName: makeDevice(network, container),
      }));
    });
  for (const { hostName, name } of devices) {
    attempt(`move ${hostName} into the container`, () => setLink(hostName, { namespacePid: pid, name }));
  }
  inNetworkOf(pid, () => {
    for (const device of devices) attempt(`set up ${device.name} in the container`, () => configure(device));
    if (networks.some(({ up }) => up)) setLink("lo", { up: true });
  });
}

/** @returns The host's present name of the device that the container will get. */
function makeDevice(network: NetworkConfig, { name, cleanUp }: Omit<Container, "pid">): string {
  const temporary = randomName();
  switch (network.type) {
    case "veth":
      return makeVeth(network, { peer: temporary, container: name, cleanUp });
    case "macvlan":
      createMacvlan(temporary, network.link!, network.macvlanMode);
      cleanUp.defer(() => removeIfThere(temporary)); // it has been moved, unless something fails
      return temporary;
    default:
      return network.link!; // phys
  }
}

interface VethUse {
  readonly peer: string;
  readonly container: string;
  readonly cleanUp: AsyncDisposableStack;
}

function makeVeth(network: NetworkConfig, { peer, container, cleanUp }: VethUse): string {
  const { type, link, mtu, vethPair: name = randomName(), scriptUp } = network;
  createVeth(name, peer);
  cleanUp.defer(() => removeIfThere(name)); // its other end goes with it
  setLink(name, { ...(link !== undefined && { master: link }), ...(mtu !== undefined && { mtu }), up: true });
  if (scriptUp)
    execFileSync(scriptUp, [container, "net", "up", type, name], { stdio: ["ignore", "ignore", "inherit"] });
  return peer;
}

function removeIfThere(name: string): void {
  try {
    deleteLink(name);
  } catch (error) {
    if (!isErrno(error, "ENODEV")) throw error;
  }
}

/** No two containers may meet at a name; IFNAMSIZ allows 15 bytes. */
function randomName(): string {
  return `veth${randomBytes(4).toString("hex")}`;
}

/** Calls `work` in the network namespace of a process. */
function inNetworkOf(pid: number, work: () => void): void {
  const home = openSync("/proc/self/ns/net", "r");
  joinNamespace(pid, "net");
  try {
    work();
  } finally {
    setns(home, CLONE_NEWNET);
    closeSync(home);
  }
}

function configure({ network: { up, mtu, hwaddr, addresses, gateways }, name }: Device): void {
  setLink(name, { ...(mtu !== undefined && { mtu }), ...(hwaddr !== undefined && { hardwareAddress: hwaddr }) });
  for (const { address, prefixLength } of addresses) addAddress(name, `${address}/${prefixLength}`);
  if (up) setLink(name, { up });
  for (const gateway of gateways) addRoute({ gateway, link: name }); // only through a device that is up
}
