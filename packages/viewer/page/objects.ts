/** What the objects that steps name do to the world: those that no kernel call of a trace tells of. */
import type { Done } from "./calls.ts";
import type { Cgroup, FilterRule, Link, World } from "./world.ts";

export function changeObject({ world, process, event }: Pick<Done, "world" | "process" | "event">): void {
  const { type, id = "", change } = event.object ?? {};
  if (type === "cgroup" && change === "create") world.cgroups.set(id, { id, limits: limitsOf(event.args) });
  else if (type === "cgroup" && change === "change") join(world, process, id);
  else if (type === "cgroup") count(world.cgroups, id, event.args);
  else if (type === "netdev" && change === "create") world.links.set(id, newLink(world, id, event.args));
  else if (type === "netdev") count(world.links, id, event.args);
  else if (type === "rule") world.rules = Array.isArray(event.args?.rules) ? (event.args.rules as FilterRule[]) : [];
  if (type !== undefined) world.changed.add(`${type} ${id}`);
}

/** Notes what was counted of something that ends now. */
function count<Known extends Cgroup | Link>(known: Map<string, Known>, id: string, args: unknown): void {
  const counted = known.get(id);
  if (counted) known.set(id, { ...counted, counted: args ?? {} });
}

function newLink(world: World, id: string, args: Readonly<Record<string, unknown>> = {}): Link {
  const text = (name: string) => String(args[name] ?? "");
  return {
    id,
    bridge: text("bridge"),
    gateway: text("gateway"),
    inside: text("inside"),
    address: text("address"),
    hardwareAddress: text("hardwareAddress"),
    namespace: world.newestNamespace("net"),
  };
}

/** @param id - The cgroup's own, or the path of its directory in a hierarchy. */
function join(world: World, process: Done["process"], id: string): void {
  const known = [...world.cgroups.keys()].find((path) => id.endsWith(path) || path.endsWith(id)) ?? id;
  process.cgroup = known;
  world.changed.add(`cgroup ${known}`).add(`process ${process.pid}`);
}

/** 2013's control files with their values, or the `resources` of a config.json. */
function limitsOf(args: Readonly<Record<string, unknown>> = {}): Cgroup["limits"] {
  if (Array.isArray(args.settings)) return args.settings.map(([file, value]) => [String(file), String(value)]);
  return flatten(args.resources ?? {}, "");
}

function flatten(value: unknown, name: string): (readonly [string, string])[] {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return [[name, JSON.stringify(value)]];
  return Object.entries(value).flatMap(([key, inner]) => flatten(inner, name ? `${name}.${key}` : key));
}
