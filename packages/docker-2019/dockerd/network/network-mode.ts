/** Whose network a container has: `--network`. */

export type NetworkMode =
  /** An endpoint in the default network. */
  | { readonly kind: "bridge" }
  /** The host's own. */
  | { readonly kind: "host" }
  /** One with loopback alone. */
  | { readonly kind: "none" }
  /** Another container's, by name or ID. */
  | { readonly kind: "container"; readonly container: string }
  /** A network that somebody has made, by name or ID. */
  | { readonly kind: "network"; readonly network: string };

export function parseNetworkMode(text: string | undefined): NetworkMode {
  if (text === undefined || text === "" || text === "default") return { kind: "bridge" };
  if (text === "bridge" || text === "host" || text === "none") return { kind: text };
  if (text.startsWith("container:")) return { kind: "container", container: text.slice("container:".length) };
  return { kind: "network", network: text };
}
