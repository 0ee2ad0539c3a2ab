/**
 * How containers reach beyond this host, and how their published ports are reached: the kernel passes packets on, and the packet filter says which,
 * and with which addresses.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BridgeNetwork } from "./bridge.ts";
import { tellRuleCounters, tellRules } from "./counted.ts";
import { Firewall } from "./iptables.ts";
import { linkedPorts } from "./linked-ports.ts";
import type { NetworksOptions } from "./options.ts";
import type { SandboxRecord } from "./records.ts";

/** Whether the host is a router: 0 or 1. */
const FORWARDING = "/proc/sys/net/ipv4/ip_forward";

export class ExternalConnectivity {
  readonly #bridge: BridgeNetwork;
  readonly #options: NetworksOptions;
  /** There, if it is we who made the host a router. */
  readonly #forwardingMark: string;
  #firewall: Firewall | undefined;

  constructor(bridge: BridgeNetwork, options: NetworksOptions) {
    this.#bridge = bridge;
    this.#options = options;
    this.#forwardingMark = join(options.execRoot, "forwarding-was-off");
  }

  /** What the host does not have, or refuses, is warned of; the network is there without. */
  async open(sandboxes: readonly SandboxRecord[]): Promise<void> {
    const { iptables, warn } = this.#options;
    this.#firewall = iptables ? await Firewall.find(this.#bridge.device) : undefined;
    if (iptables && !this.#firewall) warn("there is no iptables: containers can't reach beyond this host");
    try {
      await this.#raise(sandboxes);
    } catch (error) {
      this.#firewall = undefined;
      warn(`containers can't reach beyond this host: ${(error as Error).message}`);
    }
  }

  async #raise(sandboxes: readonly SandboxRecord[]): Promise<void> {
    const wasOff = this.#options.forward !== false && readFileSync(FORWARDING, "utf8").trim() === "0";
    if (wasOff) writeFileSync(FORWARDING, "1");
    await this.apply(sandboxes);
    if (!wasOff || !this.#firewall) return;
    writeFileSync(this.#forwardingMark, "");
    await this.#firewall.setForwardPolicy("DROP"); // a host that was no router is not to become one for everybody
  }

  /** Makes the rules those of all who are connected. @throws {Error} With iptables' own words when it refuses. */
  async apply(sandboxes: readonly SandboxRecord[]): Promise<void> {
    const { device, subnet, icc, masquerade } = this.#bridge;
    const links = linkedPorts(sandboxes);
    const ports = sandboxes.flatMap((sandbox) => sandbox.ports).filter(({ hostIp }) => !hostIp.includes(":"));
    await this.#firewall?.apply({ device, subnet: String(subnet), ports, links, icc, masquerade });
  }

  /** For a trace: the rules that there are. */
  tell(): void {
    tellRules(this.#firewall);
  }

  /** For a trace: what they have counted. */
  async tellCounters(): Promise<void> {
    await tellRuleCounters(this.#firewall);
  }

  /** Leaves the host as it was. */
  async close(): Promise<void> {
    await this.#firewall?.remove();
    if (!existsSync(this.#forwardingMark)) return;
    await this.#firewall?.setForwardPolicy("ACCEPT");
    writeFileSync(FORWARDING, "0");
    rmSync(this.#forwardingMark);
  }
}
