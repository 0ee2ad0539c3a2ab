/** Networks, and the endpoints that containers have in them. */
import type { Dictionary, EndpointSettings, List } from "./container-config.ts";

export interface IpamConfig {
  readonly Subnet?: string;
  readonly IPRange?: string;
  readonly Gateway?: string;
  readonly AuxiliaryAddresses?: Dictionary<string>;
}

export interface Ipam {
  readonly Driver: string;
  readonly Options: Dictionary<string>;
  readonly Config: List<IpamConfig>;
}

export interface EndpointResource {
  readonly Name: string;
  readonly EndpointID: string;
  readonly MacAddress: string;
  /** With its prefix's length: `172.17.0.2/16`. */
  readonly IPv4Address: string;
  readonly IPv6Address: string;
}

/** GET /networks/ID; a list of them has no containers. */
export interface NetworkResource {
  readonly Name: string;
  readonly Id: string;
  readonly Created: string;
  readonly Scope: string;
  readonly Driver: string;
  readonly EnableIPv6: boolean;
  readonly IPAM: Ipam;
  readonly Internal: boolean;
  readonly Attachable: boolean;
  readonly Ingress: boolean;
  readonly ConfigFrom: { readonly Network: string };
  readonly ConfigOnly: boolean;
  /** By the container's ID. */
  readonly Containers: Dictionary<EndpointResource>;
  readonly Options: Dictionary<string>;
  readonly Labels: Dictionary<string>;
}

/** POST /networks/create */
export interface NetworkCreateRequest {
  readonly CheckDuplicate: boolean;
  readonly Driver: string;
  readonly Scope: string;
  readonly EnableIPv6: boolean;
  readonly IPAM: Ipam | null;
  readonly Internal: boolean;
  readonly Attachable: boolean;
  readonly Ingress: boolean;
  readonly ConfigOnly: boolean;
  readonly ConfigFrom: { readonly Network: string } | null;
  readonly Options: Dictionary<string>;
  readonly Labels: Dictionary<string>;
  readonly Name: string;
}

export interface NetworkCreateResponse {
  readonly Id: string;
  readonly Warning: string;
}

/** POST /networks/ID/connect */
export interface NetworkConnectRequest {
  readonly Container: string;
  readonly EndpointConfig?: Partial<EndpointSettings> | null;
}

/** POST /networks/ID/disconnect */
export interface NetworkDisconnectRequest {
  readonly Container: string;
  readonly Force: boolean;
}

/** POST /networks/prune */
export interface NetworksPruneReport {
  readonly NetworksDeleted: List<string>;
}
