/** All that may come first on ctr's command line. What is behind it is loaded when it does: a run needs no code for archives. */
import type { Group, Leaf } from "./command.ts";

export interface GroupEntry {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly summary: string;
  load(): Promise<Group | Leaf>;
}

/** In the order of genuine ctr's help. */
export const GROUPS: readonly GroupEntry[] = [
  entry("plugins", ["plugin"], "provides information about containerd plugins", async () => {
    return (await import("./commands/plugins.ts")).plugins;
  }),
  entry("version", [], "print the client and server versions", async () => {
    return (await import("./commands/version.ts")).version;
  }),
  entry("containers", ["c", "container"], "manage containers", async () => {
    return (await import("./commands/containers.ts")).containers;
  }),
  entry("content", [], "manage content", async () => (await import("./commands/content.ts")).content),
  entry("events", ["event"], "display containerd events", async () => (await import("./commands/events.ts")).events),
  entry("images", ["image", "i"], "manage images", async () => (await import("./commands/images.ts")).images),
  entry("leases", [], "manage leases", async () => (await import("./commands/leases.ts")).leases),
  entry("namespaces", ["namespace", "ns"], "manage namespaces", async () => {
    return (await import("./commands/namespaces.ts")).namespaces;
  }),
  entry("install", [], "install a new package", async () => (await import("./commands/install.ts")).install),
  entry("oci", [], "OCI tools", async () => (await import("./commands/oci.ts")).oci),
  entry("run", [], "run a container", async () => (await import("./commands/run.ts")).run),
  entry("snapshots", ["snapshot"], "manage snapshots", async () => {
    return (await import("./commands/snapshots.ts")).snapshots;
  }),
  entry("tasks", ["t", "task"], "manage tasks", async () => (await import("./commands/tasks.ts")).tasks),
  entry("shim", [], "interact with a shim directly", async () => (await import("./commands/shim.ts")).shim),
];

function entry(name: string, aliases: string[], summary: string, load: GroupEntry["load"]): GroupEntry {
  return { name, aliases, summary, load };
}
