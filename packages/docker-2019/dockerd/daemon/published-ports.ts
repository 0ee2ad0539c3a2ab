/** Ports of a container as a list has them: one for each address of the host. */
import type { NetworkSettings, PublishedPort } from "../../engine-api/container.ts";

export function publishedPorts(ports: NetworkSettings["Ports"]): PublishedPort[] {
  return Object.entries(ports ?? {}).flatMap(([port, bindings]) => {
    const [number, Type = "tcp"] = port.split("/");
    const inside = { PrivatePort: Number(number), Type };
    if (!bindings?.length) return [inside];
    return bindings.map(({ HostIp: IP, HostPort }) => ({ IP, PublicPort: Number(HostPort), ...inside }));
  });
}
