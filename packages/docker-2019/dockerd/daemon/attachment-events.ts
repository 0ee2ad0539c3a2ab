/** What `docker events` tells of a container's network and volumes: when it begins, and when it ends. */
import type { Container } from "../container/container.ts";
import type { Daemon } from "./daemon.ts";

export function tellAttached(daemon: Daemon, container: Container): void {
  tellNetwork(daemon, container, "connect");
  for (const { Name, Driver, Destination, Propagation, RW } of volumesOf(container))
    daemon.events.publish("volume", "mount", Name, {
      container: container.id,
      destination: Destination,
      driver: Driver,
      propagation: Propagation,
      "read/write": String(RW),
    });
}

export function tellDetached(daemon: Daemon, container: Container): void {
  tellNetwork(daemon, container, "disconnect");
  for (const { Name, Driver } of volumesOf(container))
    daemon.events.publish("volume", "unmount", Name, { container: container.id, driver: Driver });
}

/** Nothing of a container that has another's network. */
function tellNetwork({ networks, events }: Daemon, container: Container, action: "connect" | "disconnect"): void {
  const own = networks.settings(container).Networks ?? {};
  for (const { Name, Id, Driver } of networks.list().filter(({ Name }) => Name in own))
    events.publish("network", action, Id, { container: container.id, name: Name, type: Driver });
}

function volumesOf({ record }: Container) {
  return Object.values(record.MountPoints).filter(({ Type }) => Type === "volume");
}
