/** The network: the host's bridge with a cable to each container, and the rules of the packet filter with what they have counted. */
import type { Context } from "./context.ts";
import { h } from "./element.ts";
import { bytesText } from "./numbers.ts";
import type { FilterRule, Link, Traffic } from "./world.ts";

/** The host above, the containers' namespaces below it. */
export function cablesSection(context: Context): HTMLElement {
  const { world, say } = context;
  const bridges = Map.groupBy(world.links.values(), ({ bridge }) => bridge);
  return h(
    "div",
    { class: "network" },
    ...[...bridges].map(([name, links]) =>
      h(
        "div",
        { class: "switch" },
        h(
          "div",
          { class: "device bridge" },
          h("b", {}, name),
          h("span", {}, ` ${say("bridge")} `),
          h("code", {}, links[0]?.gateway ?? ""),
        ),
        h("div", { class: "cables" }, ...links.map((link) => cable(context, link))),
      ),
    ),
  );
}

function cable({ world, say }: Context, link: Link): HTMLElement {
  const { id, inside, address, hardwareAddress, namespace = "net", counted } = link;
  const traffic = counted && [
    h("span", {}, `↓ ${trafficText(counted.toContainer, say("packets"))}`),
    h("span", {}, `↑ ${trafficText(counted.fromContainer, say("packets"))}`),
  ];
  const kinds = [world.changed.has(`netdev ${id}`) ? "changed" : "", counted ? "gone" : ""].join(" ");
  return h(
    "div",
    { class: `cable ${kinds}` },
    h("div", { class: "device" }, h("b", {}, id)),
    h("div", { class: "wire-line" }, ...(traffic ?? [h("span", {}, say("vethPair"))])),
    h(
      "div",
      { class: "ns net" },
      h("span", { class: "ns-label" }, namespace),
      h("div", { class: "device" }, h("b", {}, inside), " ", h("code", {}, address), h("small", {}, hardwareAddress)),
    ),
    counted ? h("em", {}, say("unplugged")) : undefined,
  );
}

function trafficText({ packets = 0, bytes = 0 }: Traffic, unit: string): string {
  return `${packets} ${unit}, ${bytesText(bytes)}`;
}

/** A table for each of the kernel's tables; a rule that has matched something stands out. */
export function rulesSection(context: Context): HTMLElement {
  const { world, say } = context;
  const isCounted = world.rules.some(({ packets }) => packets !== undefined);
  const isNew = [...world.changed].some((id) => id.startsWith("rule "));
  const tables = [...Map.groupBy(world.rules, ({ table }) => table)].map(([table, rules]) =>
    h(
      "table",
      { class: "rules" },
      h("caption", {}, table),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          ...(["packets", "bytesCounted", "rule"] as const).map((name) => h("th", { scope: "col" }, say(name))),
        ),
      ),
      h("tbody", {}, ...rules.map(ruleRow)),
    ),
  );
  const note = h("p", { class: "hint" }, say(isCounted ? "countedNote" : "uncountedNote"));
  return h("div", { class: isNew ? "changed" : "" }, note, ...tables);
}

function ruleRow({ rule, packets, bytes }: FilterRule): HTMLElement {
  const [chain = "", ...words] = rule.split(" ");
  const number = (value: number | undefined) => h("td", { class: "count" }, value === undefined ? "–" : String(value));
  return h(
    "tr",
    { class: packets ? "spoke" : "" },
    number(packets),
    number(bytes),
    h("td", {}, h("code", {}, h("b", {}, chain), ` ${words.join(" ")}`)),
  );
}
