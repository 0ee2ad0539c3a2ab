/** The kernel's side of the run: namespaces as outlines around processes, mounts, cgroups, and what processes may still do. */
import type { Context, Pane } from "./context.ts";
import { inShort } from "./describe.ts";
import { h, scrollIntoPane } from "./element.ts";
import { mountsSection } from "./mounts.ts";
import { nestedNamespaces } from "./namespaces.ts";
import type { Process } from "./world.ts";

export function kernelPane(context: Context): Pane {
  const columns = h("div", { class: "kernel" });
  const element = h("div", { class: "pane-body" }, columns);
  const update = () => {
    const { say } = context;
    columns.replaceChildren(
      section(say("namespaces"), nestedNamespaces(context)),
      section(say("mounts"), mountsSection(context)),
      section(say("cgroups"), cgroups(context)),
      section(say("privileges"), privileges(context)),
      ...network(context),
    );
    scrollIntoPane(element.querySelector(".changed") ?? undefined, element);
  };
  return { element, update };
}

function section(title: string, body: HTMLElement): HTMLElement {
  return h("section", {}, h("h3", {}, title), body);
}

function cgroups({ world, say }: Context): HTMLElement {
  if (world.cgroups.size === 0) return h("p", { class: "nothing" }, say("noMounts"));
  const items = [...world.cgroups.values()].map(({ id, limits }) => {
    const members = [...world.processes.values()].filter(({ cgroup, isAlive }) => cgroup === id && isAlive);
    const names = members.map(({ name, pid }) => `${name} (${pid})`).join(", ");
    const details = h(
      "details",
      {},
      h("summary", {}, `${limits.length} ${say("limits")}`),
      h("dl", {}, ...limits.flatMap(([file, value]) => [h("dt", {}, file), h("dd", {}, inShort(value, 200))])),
    );
    return h(
      "li",
      { class: world.changed.has(`cgroup ${id}`) ? "cgroup changed" : "cgroup" },
      h("code", {}, inShort(id.replace(/^\/sys\/fs\/cgroup\/[^/]+/, ""), 90)),
      h("div", {}, `${say("members")}: ${names || say("empty")}`),
      limits.length > 0 ? details : undefined,
    );
  });
  return h("ul", { class: "plain" }, ...items);
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

function network({ world, say }: Context): HTMLElement[] {
  const others = [...world.others.values()];
  if (others.length === 0) return [];
  const items = others.map(({ object, args }) =>
    h(
      "li",
      { class: world.changed.has(`${object?.type} ${object?.id}`) ? "changed" : "" },
      h("code", {}, object?.id ?? ""),
      ` ${Object.entries(args ?? {})
        .map(([name, value]) => `${name} ${inShort(String(value), 60)}`)
        .join(", ")}`,
    ),
  );
  return [section(say("network"), h("ul", { class: "plain" }, ...items))];
}
