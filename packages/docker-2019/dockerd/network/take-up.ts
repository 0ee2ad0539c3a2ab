/** What an earlier daemon has left: of containers that run on it is taken up, and what nobody knows of is taken away. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { AddressPool } from "./ipam.ts";
import { removeNetworkNamespace } from "./netns.ts";
import type { PortMapper } from "./port-mapper.ts";
import { stopForgottenProxies } from "./proxy-process.ts";
import type { SandboxRecord } from "./records.ts";
import type { Subnet } from "./subnet.ts";

/** @returns What a container that runs on has from now on: without its place in a network that is another by now, in which nobody reaches it. */
export async function takeUp(
  sandbox: SandboxRecord,
  pool: AddressPool,
  ports: PortMapper,
  warn: (message: string) => void,
): Promise<SandboxRecord> {
  const { endpoint, ...rest } = sandbox;
  try {
    if (endpoint) pool.reserve(endpoint.address);
  } catch (error) {
    warn(`${sandbox.name} is in no network until it is started again: ${(error as Error).message}`);
    await ports.release(sandbox.ports);
    return { ...rest, ports: [] };
  }
  return { ...sandbox, ports: await ports.resume(sandbox.ports) };
}

/** What was made for containers, and is not noted: the daemon was killed in between. */
export function sweep(netnsDir: string, subnet: Subnet, sandboxes: readonly SandboxRecord[]): void {
  const proxies = sandboxes.flatMap(({ ports }) => ports).flatMap(({ proxy }) => proxy ?? []);
  stopForgottenProxies(subnet, proxies);
  const known = new Set(sandboxes.map(({ netnsPath }) => netnsPath));
  for (const name of readdirSync(netnsDir)) {
    const path = join(netnsDir, name);
    if (!known.has(path)) removeNetworkNamespace(path); // its links go with it
  }
}
