/** Options that contradict the network that a container is to have. */
import { isIP } from "node:net";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { ContainerConfig, HostConfig, NetworkingConfig } from "../../engine-api/container-config.ts";
import { containerOf } from "./modes.ts";

/** @throws {InvalidArgument} `conflicting options: …` */
export function verifyNetworkMode(config: ContainerConfig, hostConfig: HostConfig): void {
  const conflict = conflictOf(config, hostConfig);
  if (conflict !== undefined) throw new InvalidArgument(conflict);
}

function conflictOf(config: ContainerConfig, hostConfig: HostConfig): string | undefined {
  const { NetworkMode = "", UTSMode, Links } = hostConfig;
  const [kind, name] = NetworkMode.split(":");
  if (kind === "container" && !name) return "Invalid network mode: invalid container format container:<name|id>";
  const withContainer = containerOf(NetworkMode) !== undefined ? containerConflict(config, hostConfig) : undefined;
  if (withContainer !== undefined) return `conflicting options: ${withContainer}`;
  if (NetworkMode === "host" && config.MacAddress) return "conflicting options: mac-address and the network mode";
  if (UTSMode === "host" && config.Hostname) return "conflicting options: hostname and the UTS mode";
  if (NetworkMode === "host" && Links?.length)
    return "conflicting options: host type networking can't be used with links. This would result in undefined behavior";
  return undefined;
}

/** Who has another's network has its name, its hosts and its ports. */
function containerConflict(config: ContainerConfig, hostConfig: HostConfig): string | undefined {
  const { Links, Dns, ExtraHosts, PortBindings, PublishAllPorts } = hostConfig;
  if (config.Hostname) return "hostname and the network mode";
  if (Links?.length) return "container type network can't be used with links. This would result in undefined behavior";
  if (Dns?.length) return "dns and the network mode";
  if (ExtraHosts?.length) return "custom host-to-IP mapping and the network mode";
  if (config.MacAddress) return "mac-address and the network mode";
  if (count(PortBindings) > 0 || PublishAllPorts) return "port publishing and the container type network mode";
  if (count(config.ExposedPorts) > 0) return "port exposing and the container type network mode";
  return undefined;
}

function count(members: object | null | undefined): number {
  return Object.keys(members ?? {}).length;
}

/** One endpoint, and addresses that are ones. @throws {InvalidArgument} */
export function verifyNetworkingConfig({ EndpointsConfig }: NetworkingConfig): void {
  const endpoints = Object.entries(EndpointsConfig ?? {});
  if (endpoints.length > 1)
    throw new InvalidArgument(
      `Container cannot be connected to network endpoints: ${endpoints.map(([name]) => name).join(", ")}`,
    );
  for (const [name, endpoint] of endpoints) {
    if (!endpoint) throw new InvalidArgument(`no EndpointSettings for ${name}`);
    const { IPv4Address = "", IPv6Address = "" } = endpoint.IPAMConfig ?? {};
    if (IPv4Address && isIP(IPv4Address) !== 4) throw new InvalidArgument(`invalid IPv4 address: ${IPv4Address}`);
    if (IPv6Address && isIP(IPv6Address) !== 6) throw new InvalidArgument(`invalid IPv6 address: ${IPv6Address}`);
  }
}
