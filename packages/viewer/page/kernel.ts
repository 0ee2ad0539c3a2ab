/** The kernel's side of the run: namespaces as outlines around processes, mounts, cgroups, what processes may still do, the network. */

import { cgroupsSection } from "./cgroups.ts";
import type { Context, Pane } from "./context.ts";
import { h, scrollIntoPane } from "./element.ts";
import { mountsSection } from "./mounts.ts";
import { nestedNamespaces } from "./namespaces.ts";
import { cablesSection, rulesSection } from "./network.ts";
import type { Process } from "./world.ts";

export function kernelPane(context: Context): Pane {
  const columns = h("div", { class: "kernel" });
  const element = h("div", { class: "pane-body" }, columns);
  const update = () => {
    const { say, world } = context;
    columns.replaceChildren(
      section(say("namespaces"), nestedNamespaces(context)),
      section(say("mounts"), mountsSection(context)),
      section(say("cgroups"), cgroupsSection(context)),
      section(say("privileges"), privileges(context)),
      ...(world.links.size > 0 ? [section(say("network"), cablesSection(context))] : []),
      ...(world.rules.length > 0 ? [section(say("rules"), rulesSection(context))] : []),
    );
    scrollIntoPane(element.querySelector(".changed") ?? undefined, element);
  };
  return { element, update };
}

function section(title: string, body: HTMLElement): HTMLElement {
  return h("section", {}, h("h3", {}, title), body);
}

function privileges(context: Context): HTMLElement {
  const { world, say } = context;
  const processes = [...world.processes.values()].filter((process) => process.isAlive && process.namespaces.size > 0);
  if (processes.length === 0) return h("p", { class: "nothing" }, say("allPrivileges"));
  const items = processes.map((process) =>
    h(
      "li",
      { class: world.changed.has(`process ${process.pid}`) ? "changed" : "" },
      h("b", {}, `${process.name} `),
      limitsOf(context, process),
    ),
  );
  return h("ul", { class: "plain" }, ...items);
}

function limitsOf({ say }: Context, { dropped, isFiltered, noNewPrivs }: Process): string {
  const limits = [
    ...(dropped.size > 0 ? [`${dropped.size} ${say("dropped")}`] : []),
    ...(noNewPrivs ? [say("noNewPrivs")] : []),
    ...(isFiltered ? [say("filtered")] : []),
  ];
  return limits.join(" · ") || say("allPrivileges");
}
