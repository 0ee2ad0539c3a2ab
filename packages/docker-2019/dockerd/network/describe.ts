/** Networks and endpoints as the API tells of them. */

import type { NetworkSettings } from "../../engine-api/container.ts";
import type { EndpointSettings, PortBinding } from "../../engine-api/container-config.ts";
import type { EndpointResource, NetworkResource } from "../../engine-api/network.ts";
import type { BridgeNetwork } from "./bridge.ts";
import type { NetworkRecords, PredefinedNetwork, SandboxRecord } from "./records.ts";
import { formatAddress } from "./subnet.ts";

/** What the original's `none` is made by is called null. */
const DRIVERS: Readonly<Record<PredefinedNetwork, string>> = { bridge: "bridge", host: "host", none: "null" };
const STANDARD_MTU = 1500;

export function networkResource(
  name: PredefinedNetwork,
  records: NetworkRecords,
  bridge: BridgeNetwork,
  sandboxes: readonly SandboxRecord[],
): NetworkResource {
  const { subnet, gateway, defaultGateway } = bridge;
  const other = defaultGateway !== gateway && {
    AuxiliaryAddresses: { DefaultGatewayIPv4: formatAddress(defaultGateway) },
  };
  const config = [{ Subnet: String(subnet), Gateway: formatAddress(gateway), ...other }];
  const own = sandboxes.filter(({ network }) => network === name);
  return {
    Name: name,
    Id: records[name].id,
    Created: records[name].created,
    Scope: "local",
    Driver: DRIVERS[name],
    EnableIPv6: false,
    IPAM: { Driver: "default", Options: null, Config: name === "bridge" ? config : [] },
    Internal: false,
    Attachable: false,
    Ingress: false,
    ConfigFrom: { Network: "" },
    ConfigOnly: false,
    Containers: Object.fromEntries(own.map((sandbox) => [sandbox.container, endpointResource(sandbox, bridge)])),
    Options: name === "bridge" ? bridgeOptions(bridge) : {},
    Labels: {},
  };
}

function bridgeOptions({ device, mtu, icc, masquerade, bindAddress }: BridgeNetwork): Record<string, string> {
  return {
    "com.docker.network.bridge.default_bridge": "true",
    "com.docker.network.bridge.enable_icc": String(icc),
    "com.docker.network.bridge.enable_ip_masquerade": String(masquerade),
    "com.docker.network.bridge.host_binding_ipv4": bindAddress,
    "com.docker.network.bridge.name": device,
    "com.docker.network.driver.mtu": String(mtu || STANDARD_MTU),
  };
}

function endpointResource({ name, id, endpoint }: SandboxRecord, { subnet }: BridgeNetwork): EndpointResource {
  return {
    Name: name,
    EndpointID: endpoint?.id ?? id,
    MacAddress: endpoint?.hardwareAddress ?? "",
    IPv4Address: endpoint ? `${formatAddress(endpoint.address)}/${subnet.prefixLength}` : "",
    IPv6Address: "",
  };
}

/** NetworkSettings of a container; of one that is not connected, if `sandbox` is left out. */
export function networkSettings(
  network: PredefinedNetwork | undefined,
  networkId: string,
  bridge: BridgeNetwork,
  sandbox: SandboxRecord | undefined,
  ports: Readonly<Record<string, PortBinding[] | null>>,
): NetworkSettings {
  const endpoint = endpointSettings(networkId, bridge, sandbox);
  const { EndpointID, Gateway, IPAddress, IPPrefixLen, MacAddress } = network === "bridge" ? endpoint : NOWHERE;
  return {
    Bridge: "",
    SandboxID: sandbox?.id ?? "",
    HairpinMode: false,
    LinkLocalIPv6Address: "",
    LinkLocalIPv6PrefixLen: 0,
    Ports: sandbox ? ports : {},
    SandboxKey: sandbox?.netnsPath ?? "",
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    EndpointID,
    Gateway,
    GlobalIPv6Address: "",
    GlobalIPv6PrefixLen: 0,
    IPAddress,
    IPPrefixLen,
    IPv6Gateway: "",
    MacAddress,
    Networks: network === undefined ? {} : { [network]: endpoint },
  };
}

const NOWHERE: EndpointSettings = {
  IPAMConfig: null,
  Links: null,
  Aliases: null,
  NetworkID: "",
  EndpointID: "",
  Gateway: "",
  IPAddress: "",
  IPPrefixLen: 0,
  IPv6Gateway: "",
  GlobalIPv6Address: "",
  GlobalIPv6PrefixLen: 0,
  MacAddress: "",
  DriverOpts: null,
};

function endpointSettings(
  NetworkID: string,
  bridge: BridgeNetwork,
  sandbox: SandboxRecord | undefined,
): EndpointSettings {
  if (!sandbox || NetworkID === "") return { ...NOWHERE, NetworkID };
  if (!sandbox.endpoint) return { ...NOWHERE, NetworkID, EndpointID: sandbox.id };
  return {
    ...NOWHERE,
    NetworkID,
    EndpointID: sandbox.endpoint.id,
    Gateway: formatAddress(bridge.defaultGateway),
    IPAddress: formatAddress(sandbox.endpoint.address),
    IPPrefixLen: bridge.subnet.prefixLength,
    MacAddress: sandbox.endpoint.hardwareAddress,
  };
}
