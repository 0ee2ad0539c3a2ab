/** What the kernel has counted of a container's network, for a trace. */
import { readFileSync } from "node:fs";
import { isTraced } from "@eras/trace/context.ts";
import { traceObject } from "@eras/trace/object.ts";
import { type Endpoint, outerLink } from "./endpoint.ts";
import type { Firewall } from "./iptables.ts";

/** Tells of the rules that the default network has. */
export function tellRules(firewall: Firewall | undefined): void {
  if (!firewall) return;
  traceObject({ type: "rule", id: firewall.prefix, change: "change" }, () => ({ rules: firewall.rules() }));
}

/** Tells which of the rules have spoken of packets, since they were written last. */
export async function tellRuleCounters(firewall: Firewall | undefined): Promise<void> {
  if (!firewall || !isTraced()) return;
  const rules = await firewall.countedRules().catch(() => undefined); // a trace is no reason to fail
  if (rules) traceObject({ type: "rule", id: firewall.prefix, change: "change" }, () => ({ rules }));
}

/** Tells what has passed the cable, before it is taken out. What the container sends is what the host's end receives. */
export function tellLinkCounters(endpoint: Endpoint): void {
  const link = outerLink(endpoint);
  traceObject({ type: "netdev", id: link, change: "remove" }, () => ({
    fromContainer: { packets: counter(link, "rx_packets"), bytes: counter(link, "rx_bytes") },
    toContainer: { packets: counter(link, "tx_packets"), bytes: counter(link, "tx_bytes") },
  }));
}

/** @returns undefined when the link has gone with its container's namespace. */
function counter(link: string, name: string): number | undefined {
  try {
    return Number(readFileSync(`/sys/class/net/${link}/statistics/${name}`, "utf8"));
  } catch {
    return undefined;
  }
}
