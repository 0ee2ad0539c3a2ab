/** What containers that are kept apart may reach of each other after all: the exposed ports of those that they are linked to. */
import type { SandboxRecord } from "./records.ts";
import type { LinkedPort } from "./rules.ts";
import { formatAddress } from "./subnet.ts";

/** Of those that have an address, which may be another than before. */
export function linkedPorts(sandboxes: readonly SandboxRecord[]): LinkedPort[] {
  const addresses = new Map(
    sandboxes.flatMap(({ container, endpoint }) => (endpoint ? [[container, formatAddress(endpoint.address)]] : [])),
  );
  return sandboxes.flatMap(({ container, links = [] }) =>
    links.flatMap((link) => {
      const [from, to] = [addresses.get(container), addresses.get(link.container)];
      return from === undefined || to === undefined ? [] : link.ports.map((port) => linkedPort(from, to, port));
    }),
  );
}

/** Whether rules speak of it: it is linked to others, or others to it. */
export function isLinked({ container, links = [] }: SandboxRecord, sandboxes: readonly SandboxRecord[]): boolean {
  const others = sandboxes.flatMap((sandbox) => sandbox.links ?? []);
  return links.length > 0 || others.some((link) => link.container === container);
}

function linkedPort(from: string, to: string, text: string): LinkedPort {
  const [port, protocol = "tcp"] = text.split("/");
  return { from, to, port: Number(port), protocol };
}
