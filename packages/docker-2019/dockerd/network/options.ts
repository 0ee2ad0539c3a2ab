/** What the networks of a dockerd are told. */
import type { Roots } from "../paths.ts";
import type { ResolvOptions } from "./resolv-conf.ts";
import type { Subnet } from "./subnet.ts";

export const DEFAULT_BRIDGE = "eras2019";
/** Bridges whose names begin so are made, and go again. Any other must be there: the original makes none but docker0. */
export const OWN_BRIDGES = "eras";
/** In a bridge's place: there is no default network, and containers that are to be in it are in none. */
export const NO_BRIDGE = "none";

export interface NetworksOptions extends Roots {
  /** The bridge's name as a link, or NO_BRIDGE: `--bridge`. */
  readonly device?: string;
  /** `--bip`; left out, one is chosen. */
  readonly bridgeAddress?: string;
  /** `--default-address-pool`: what the bridge's network is chosen from. */
  readonly pools?: readonly Subnet[];
  /** `--default-gateway`: who else than the bridge containers send to what is for others. */
  readonly defaultGateway?: string;
  /** `--fixed-cidr`: the part of the network that containers have their addresses of. */
  readonly fixedCidr?: string;
  /** `--mtu`; 0 is the kernel's. */
  readonly mtu?: number;
  /** `--icc`: whether containers may speak with each other. */
  readonly icc?: boolean;
  /** `--ip-masq`: whether they have the host's address outside. */
  readonly masquerade?: boolean;
  /** `--ip`: the address of ports that are published without one. */
  readonly bindAddress?: string;
  /**
   * The path of docker-proxy. Undefined, as for `--userland-proxy=false`, published ports are reached from outside alone: the original then has the
   * packet filter serve this host and the containers too, for which it changes how the kernel routes 127.0.0.0/8.
   */
  readonly proxyProgram: string | undefined;
  /** `--iptables` */
  readonly iptables: boolean;
  /** `--ip-forward` */
  readonly forward?: boolean;
  /** `--dns` and its like, for containers that say nothing of it. */
  readonly resolv?: ResolvOptions;
  /** `--host-gateway-ip`; if it is left out or empty, the bridge's. */
  readonly hostGateway?: string;
  /** For what is no error, but should be known. */
  readonly warn: (message: string) => void;
}
