/** The processes of the run, as a tree that grows and shrinks. An orphan is shown below who has taken it in. */
import { actorChip } from "./actor-chip.ts";
import type { Context, Pane } from "./context.ts";
import { h, scrollIntoPane } from "./element.ts";
import type { Process, World } from "./world.ts";

export function processesPane(context: Context): Pane {
  const element = h("div", { class: "pane-body processes" });
  const update = () => {
    const { world } = context;
    const roots = [...world.processes.values()].filter(({ parent }) => !world.processes.has(parent));
    const tree = h("ul", { class: "tree" }, ...roots.map((root) => node(context, world, root)));
    const top = h("div", { class: "process outside" }, context.say("outside"));
    element.replaceChildren(top, tree);
    scrollIntoPane(element.querySelector(".changed") ?? undefined, element);
  };
  return { element, update };
}

function node(context: Context, world: World, process: Process): HTMLLIElement {
  const children = [...world.processes.values()].filter(({ parent }) => parent === process.pid);
  const below = children.length > 0 ? h("ul", {}, ...children.map((child) => node(context, world, child))) : undefined;
  const isNew = world.changed.has(`process ${process.pid}`);
  const classes = ["process", process.isAlive ? "alive" : "dead", isNew ? "changed" : ""].join(" ");
  return h("li", {}, h("div", { class: classes }, ...lineOf(context, process)), below);
}

function lineOf({ model, say, world }: Context, process: Process): HTMLElement[] {
  const { pid, name, isAlive, isUsers, isSubreaper, adoptedBy, namespaces } = process;
  const note = (text: string, kind = "") => h("span", { class: `note ${kind}` }, text);
  const adopter = adoptedBy === undefined ? undefined : (world.processes.get(adoptedBy)?.name ?? "pid 1");
  return [
    actorChip(model, name),
    note(`${say("pid")} ${pid}`),
    ...(isUsers ? [note(say("became"), "users")] : []),
    ...(isAlive && namespaces.size > 0 ? [note([...namespaces.keys()].join(" "), "namespaces")] : []),
    ...(isSubreaper ? [note(say("subreaper"))] : []),
    ...(adopter && isAlive ? [note(`↰ ${say("adopted")} ${adopter}`, "adopted")] : []),
    ...(isAlive ? [] : [note(`† ${say("ended")}`)]),
  ];
}
