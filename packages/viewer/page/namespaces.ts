/** Namespaces as nested outlines: a process stands in all that it belongs to, the host's around them. */
import { actorChip } from "./actor-chip.ts";
import type { Context } from "./context.ts";
import { h } from "./element.ts";
import { NAMESPACE_KINDS, type Process } from "./world.ts";

/** A namespace, with what is in it and in none further in. */
interface Outline {
  readonly processes: Process[];
  readonly inner: Map<string, Outline>;
}

export function nestedNamespaces(context: Context): HTMLElement {
  const host: Outline = { processes: [], inner: new Map() };
  for (const process of context.world.processes.values()) {
    if (process.isAlive) outlineFor(host, process).processes.push(process);
  }
  const { hostnames } = context.world;
  return h(
    "div",
    { class: "ns host" },
    label(context.say("hostNamespaces"), hostnames.get("")),
    ...content(context, host),
  );
}

function outlineFor(host: Outline, { namespaces }: Process): Outline {
  let outline = host;
  for (const id of NAMESPACE_KINDS.flatMap((kind) => namespaces.get(kind) ?? [])) {
    const inner = outline.inner.get(id) ?? { processes: [], inner: new Map() };
    outline.inner.set(id, inner);
    outline = inner;
  }
  return outline;
}

function content(context: Context, { processes, inner }: Outline): HTMLElement[] {
  const { model, world } = context;
  const chips = processes.map((process) =>
    h(
      "span",
      { class: world.changed.has(`process ${process.pid}`) ? "inhabitant changed" : "inhabitant" },
      actorChip(model, process.name),
    ),
  );
  const outlines = [...inner].map(([id, outline]) => {
    const [kind] = id.split(" ");
    const isNew = world.changed.has(`ns ${id}`);
    return h(
      "div",
      { class: `ns ${kind}${isNew ? " changed" : ""}` },
      label(id, world.hostnames.get(id)),
      ...content(context, outline),
    );
  });
  return [...(chips.length > 0 ? [h("div", { class: "inhabitants" }, ...chips)] : []), ...outlines];
}

function label(text: string, hostname: string | undefined): HTMLElement {
  return h("span", { class: "ns-label" }, text, hostname === undefined ? undefined : h("b", {}, ` ${hostname}`));
}
