/** Files of /proc/sys, set in the container's namespaces. */
import { existsSync } from "node:fs";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import { isRemapped } from "./namespaces.ts";
import type { SpecParts } from "./spec.ts";

/**
 * What every container with a network of its own gets: any of its users may listen on low ports and send echo requests, since its root
 * may anyway.
 */
const OF_A_NETWORK = { ping: "net.ipv4.ping_group_range", ports: "net.ipv4.ip_unprivileged_port_start" } as const;
const ALL_GROUPS = "0 2147483647";

export function addSysctls(spec: Spec, parts: SpecParts): Spec {
  const { config, hostConfig } = parts;
  const sysctl = {
    ...(config.Domainname && { "kernel.domainname": config.Domainname }), // the specification of 2019 has no member for it
    ...ofNetwork(parts),
    ...hostConfig.Sysctls,
  };
  return Object.keys(sysctl).length > 0 ? { ...spec, linux: { ...spec.linux, sysctl } } : spec;
}

function ofNetwork(parts: SpecParts): Record<string, string> {
  const { NetworkMode = "" } = parts.hostConfig;
  if (NetworkMode === "host" || NetworkMode.startsWith("container:")) return {}; // they are another's
  const mayPing = !isRemapped(parts) && isThere(OF_A_NETWORK.ping); // groups that a user namespace hasn't are refused
  return {
    ...(mayPing && { [OF_A_NETWORK.ping]: ALL_GROUPS }),
    ...(isThere(OF_A_NETWORK.ports) && { [OF_A_NETWORK.ports]: "0" }),
  };
}

function isThere(name: string): boolean {
  return existsSync(`/proc/sys/${name.replaceAll(".", "/")}`);
}
