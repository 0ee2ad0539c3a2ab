/** The processes of the run, as a tree that grows and shrinks. An orphan is shown below who has taken it in. */
import { actorChip } from "./actor-chip.ts";
import type { Context, Pane } from "./context.ts";
import { h, scrollIntoPane } from "./element.ts";
import type { Process, World } from "./world.ts";

export function processesPane(context: Context): Pane {
  const element = h("div", { class: "pane-body processes" });
  const update = () => {
    const { world, say } = context;
    const all = [...world.processes.values()];
    const roots = all.filter((process) => !world.processes.has(process.parent) && isShown(world, process));
    const hidden = all.filter((process) => !isShown(world, process)).map(({ name, pid }) => `${name} (${pid})`);
    element.replaceChildren(
      h("div", { class: "process outside" }, say("outside")),
      h("ul", { class: "tree" }, ...roots.map((root) => node(context, world, root))),
      hidden.length > 0 ? h("p", { class: "hint" }, `† ${say("ended")}: ${hidden.join(", ")}`) : "",
    );
    scrollIntoPane(element.querySelector(".changed") ?? undefined, element);
  };
  return { element, update };
}

/** What has ended goes with the next event, if nothing alive is below it. */
function isShown(world: World, process: Process): boolean {
  if (process.isAlive || world.changed.has(`process ${process.pid}`)) return true;
  return childrenOf(world, process).some((child) => isShown(world, child));
}

function childrenOf(world: World, { pid }: Process): Process[] {
  return [...world.processes.values()].filter(({ parent }) => parent === pid);
}

function node(context: Context, world: World, process: Process): HTMLLIElement {
  const children = childrenOf(world, process).filter((child) => isShown(world, child));
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
