/**
 * The networks that there always are, bridge (unless a daemon is to have none), host and none, and who is connected to them.
 *
 *     open ──▶ connect ──▶ (the runtime joins netnsPath) ──▶ disconnect ──▶ close
 *
 * A container is connected before its runtime starts. What a daemon that was killed had connected is taken up again, or taken down, when the next
 * one opens.
 */
import { existsSync, mkdirSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { deleteLink, linkExists } from "@eras/linux/netlink/links.ts";
import { ERROR_CLASSES, errorKind, InvalidArgument, NotFound } from "@eras/oci-spec/errdefs.ts";
import type { NetworkSettings } from "../../engine-api/container.ts";
import type { NetworkResource } from "../../engine-api/network.ts";
import { step } from "../../step.ts";
import type { Attachment, Connection } from "./attachment.ts";
import { type BridgeNetwork, bridgeNetwork, raiseBridge } from "./bridge.ts";
import { tellLinkCounters } from "./counted.ts";
import { networkResource, networkSettings } from "./describe.ts";
import { type Endpoint, plugIn, unplug } from "./endpoint.ts";
import { type NetworkNames, writeEtcFiles } from "./etc-files.ts";
import { ExternalConnectivity } from "./external-connectivity.ts";
import { AddressPool } from "./ipam.ts";
import { isLinked } from "./linked-ports.ts";
import { createNetworkNamespace, keepNetworkNamespace, namespacePath, removeNetworkNamespace } from "./netns.ts";
import { type NetworkMode, parseNetworkMode } from "./network-mode.ts";
import { type NetworksOptions, NO_BRIDGE } from "./options.ts";
import { PortMapper, type PublishedPort, portMap, wantedPorts } from "./port-mapper.ts";
import {
  type NetworkRecords,
  newId,
  PREDEFINED,
  type PredefinedNetwork,
  Records,
  type SandboxRecord,
} from "./records.ts";
import { formatAddress, hardwareAddressOf, Subnet } from "./subnet.ts";
import { sweep, takeUp } from "./take-up.ts";

export class Networks {
  readonly #records: Records;
  readonly #netnsDir: string;
  readonly #networks: NetworkRecords;
  /** The names of those that there are. */
  readonly #there: readonly PredefinedNetwork[];
  readonly #bridge: BridgeNetwork;
  readonly #pool: AddressPool;
  readonly #ports: PortMapper;
  readonly #options: NetworksOptions;
  readonly #sandboxes = new Map<string, SandboxRecord>();
  readonly #outside: ExternalConnectivity;

  /**
   * Makes the bridge, or takes the one there is, and what is connected to it.
   *
   * @param isLive - Whether a container runs on; what the others had is taken down.
   */
  static async open(options: NetworksOptions, isLive: (container: string) => boolean): Promise<Networks> {
    const networks = new Networks(options);
    if (networks.#hasBridge) raiseBridge(networks.#bridge);
    await networks.#restore(isLive);
    if (networks.#hasBridge) await networks.#outside.open(networks.#connected);
    return networks;
  }

  private constructor(options: NetworksOptions) {
    const { execRoot, proxyProgram, fixedCidr } = options;
    this.#options = options;
    this.#there = options.device === NO_BRIDGE ? PREDEFINED.filter((name) => name !== "bridge") : PREDEFINED;
    this.#records = new Records(options);
    this.#netnsDir = join(execRoot, "netns");
    mkdirSync(this.#netnsDir, { recursive: true, mode: 0o755 });
    const kept = this.#records.networks();
    this.#bridge = bridgeNetwork(kept.bridge, options);
    const { subnet, gateway, defaultGateway, device, isOurs } = this.#bridge;
    this.#networks = { ...kept, bridge: { ...kept.bridge, subnet: String(subnet), ...(isOurs && { made: device }) } };
    if (!isDeepStrictEqual(kept, this.#networks)) this.#records.saveNetworks(this.#networks);
    this.#pool = new AddressPool(subnet, [gateway, defaultGateway], fixedCidr ? Subnet.parse(fixedCidr) : subnet);
    this.#ports = new PortMapper(proxyProgram);
    this.#outside = new ExternalConnectivity(this.#bridge, options);
  }

  get #hasBridge(): boolean {
    return this.#there.includes("bridge");
  }

  /** The daemon's own tcp socket: no container may publish its port. */
  reserve({ address, port }: AddressInfo): void {
    this.#ports.reserve("tcp", address, port);
  }

  /** @throws {NotFound} For a network that there is not; what else fails leaves nothing behind. */
  async connect(attachment: Attachment): Promise<Connection> {
    step("dockerd.connect-network", { mode: attachment.hostConfig.NetworkMode });
    const { id, config, hostConfig } = attachment;
    const mode: NetworkMode = config.NetworkDisabled ? { kind: "none" } : parseNetworkMode(hostConfig.NetworkMode);
    if (mode.kind === "container") throw new InvalidArgument(`container ${id} has the network of another one`);
    if (mode.kind === "network") throw new NotFound(`network ${mode.network} not found`);
    await this.disconnect(id); // what a start that failed has left
    const sandbox = await this.#makeSandbox(attachment, mode.kind);
    const address = sandbox.endpoint && formatAddress(sandbox.endpoint.address);
    const files = writeEtcFiles({
      ...attachment,
      mode,
      address,
      links: attachment.links ?? [],
      network: this.#names(),
    });
    const isThere = existsSync(sandbox.netnsPath); // else the runtime makes it
    return { netnsPath: isThere ? sandbox.netnsPath : undefined, files };
  }

  /** What the network says of names. */
  #names(): NetworkNames {
    const { resolv, hostGateway } = this.#options;
    return { hostGateway: hostGateway || formatAddress(this.#bridge.gateway), ...(resolv && { resolv }) };
  }

  async #makeSandbox(attachment: Attachment, network: PredefinedNetwork): Promise<SandboxRecord> {
    const { id: container, name, links } = attachment;
    const id = newId();
    const netnsPath = namespacePath(this.#netnsDir, network === "host" ? undefined : id);
    const base = { container, name, id, network, netnsPath, ports: [], ...(!this.#bridge.icc && links && { links }) };
    if (network === "host") keepNetworkNamespace(base.netnsPath, process.pid);
    if (network !== "bridge" || !this.#hasBridge) return this.#keep(base);
    const endpoint = this.#newEndpoint(attachment.config.MacAddress);
    const sandbox: SandboxRecord = { ...base, endpoint };
    try {
      if (!attachment.remapped) {
        createNetworkNamespace(sandbox.netnsPath);
        plugIn(this.#bridge, endpoint, sandbox.netnsPath);
      }
      return await this.#publish(sandbox, attachment);
    } catch (error) {
      await this.#takeDown(sandbox);
      throw error;
    }
  }

  #newEndpoint(hardwareAddress: string | undefined): Endpoint {
    const address = this.#pool.allocate();
    return { id: newId(), address, hardwareAddress: hardwareAddress || hardwareAddressOf(address) };
  }

  async #publish(sandbox: SandboxRecord, { config, hostConfig, name }: Attachment): Promise<SandboxRecord> {
    const { id, address } = sandbox.endpoint!;
    const wanted = wantedPorts(hostConfig.PortBindings, Object.keys(config.ExposedPorts ?? {}), {
      all: hostConfig.PublishAllPorts ?? false,
      address: this.#bridge.bindAddress,
    });
    let ports: PublishedPort[] = [];
    try {
      ports = await this.#ports.publish(wanted, formatAddress(address));
      const published = this.#keep({ ...sandbox, ports });
      if (this.#hasRules(published)) await this.#outside.apply(this.#connected);
      this.#outside.tell();
      return published;
    } catch (error) {
      await this.#ports.release(ports);
      this.#sandboxes.delete(sandbox.container);
      this.#records.removeSandbox(sandbox.container);
      const message = `driver failed programming external connectivity on endpoint ${name} (${id}): ${(error as Error).message}`;
      throw new ERROR_CLASSES[errorKind(error)](message, { cause: error });
    }
  }

  /**
   * Keeps the namespace that the runtime has made, of a container without a network or a remapped one, and puts the endpoint into it: between
   * containerd's Create and Start.
   */
  furnish(container: string, pid: number): void {
    const sandbox = this.#sandboxes.get(container);
    if (!sandbox || existsSync(sandbox.netnsPath)) return;
    keepNetworkNamespace(sandbox.netnsPath, pid);
    if (sandbox.endpoint) plugIn(this.#bridge, sandbox.endpoint, sandbox.netnsPath);
  }

  /** Takes down what a container has, if it has anything. */
  async disconnect(container: string): Promise<void> {
    const sandbox = this.#sandboxes.get(container);
    if (!sandbox) return;
    if (sandbox.endpoint) tellLinkCounters(sandbox.endpoint);
    await this.#takeDown(sandbox);
    if (sandbox.endpoint) await this.#outside.tellCounters();
    if (this.#hasRules(sandbox))
      await this.#outside.apply(this.#connected).catch(({ message }: Error) => this.#options.warn(message)); // they lead nowhere now
  }

  #hasRules(sandbox: SandboxRecord): boolean {
    return sandbox.ports.length > 0 || isLinked(sandbox, this.#connected);
  }

  get #connected(): SandboxRecord[] {
    return [...this.#sandboxes.values()];
  }

  /** Its address in the default network, if it has one there. */
  addressOf(container: string): string | undefined {
    const endpoint = this.#sandboxes.get(container)?.endpoint;
    return endpoint && formatAddress(endpoint.address);
  }

  /** Of those that a container may reach by a link, it may reach none but these any more. */
  async keepLinks(container: string, others: readonly string[]): Promise<void> {
    const sandbox = this.#sandboxes.get(container);
    if (!sandbox?.links) return;
    this.#keep({ ...sandbox, links: sandbox.links.filter((link) => others.includes(link.container)) });
    await this.#outside.apply(this.#connected);
  }

  /** What `network inspect` calls the container from now on. */
  rename(container: string, name: string): void {
    const sandbox = this.#sandboxes.get(container);
    if (sandbox) this.#keep({ ...sandbox, name });
  }

  #keep(sandbox: SandboxRecord): SandboxRecord {
    this.#records.saveSandbox(sandbox);
    this.#sandboxes.set(sandbox.container, sandbox);
    return sandbox;
  }

  async #takeDown({ container, network, endpoint, netnsPath, ports }: SandboxRecord): Promise<void> {
    this.#sandboxes.delete(container);
    await this.#ports.release(ports);
    if (endpoint) {
      unplug(endpoint);
      this.#pool.release(endpoint.address);
    }
    if (network !== "host") removeNetworkNamespace(netnsPath);
    this.#records.removeSandbox(container);
  }

  async #restore(isLive: (container: string) => boolean): Promise<void> {
    for (const sandbox of this.#records.sandboxes()) {
      if (isLive(sandbox.container)) this.#keep(await takeUp(sandbox, this.#pool, this.#ports, this.#options.warn));
      else await this.#takeDown(sandbox);
    }
    sweep(this.#netnsDir, this.#bridge.subnet, this.#connected);
  }

  /** NetworkSettings of a container, connected or not. */
  settings({ id, config, hostConfig }: Pick<Attachment, "id" | "config" | "hostConfig">): NetworkSettings {
    const mode = config.NetworkDisabled ? undefined : parseNetworkMode(hostConfig.NetworkMode);
    const network = PREDEFINED.find((name) => name === mode?.kind);
    const sandbox = this.#sandboxes.get(id);
    const networkId = network && sandbox ? this.idOf(network) : "";
    const ports = networkId === "" ? {} : portMap(sandbox?.ports ?? [], Object.keys(config.ExposedPorts ?? {}));
    return networkSettings(network, networkId, this.#bridge, sandbox, ports);
  }

  /** Empty for a network that there is not. */
  idOf(network: string): string {
    const name = this.#there.find((name) => name === network);
    return name === undefined ? "" : this.#networks[name].id;
  }

  /** All networks, without who is connected, as a list of them is told. */
  list(): NetworkResource[] {
    return this.#there.map((name) => ({ ...this.#resource(name, []), Containers: {} }));
  }

  /** @param term - A name, an ID, or the beginning of one. @throws {NotFound} When there is none. */
  inspect(term: string): NetworkResource {
    const name =
      this.#there.find((name) => name === term || this.#networks[name].id === term) ??
      this.#there.find((name) => term !== "" && this.#networks[name].id.startsWith(term));
    if (name === undefined) throw new NotFound(`network ${term} not found`);
    return this.#resource(name, this.#connected);
  }

  #resource(name: PredefinedNetwork, sandboxes: readonly SandboxRecord[]): NetworkResource {
    return networkResource(name, this.#networks, this.#bridge, sandboxes);
  }

  /** Leaves the host as it was, unless containers run on. */
  async close(): Promise<void> {
    if (this.#sandboxes.size > 0) return;
    removeNetworkNamespace(namespacePath(this.#netnsDir, undefined));
    await this.#outside.close();
    const { device, isOurs } = this.#bridge;
    if (isOurs && linkExists(device)) deleteLink(device);
  }
}
