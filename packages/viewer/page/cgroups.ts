/** Cgroups: who is in them, what they may have, and in the end what they had. */
import type { Context } from "./context.ts";
import { inShort } from "./describe.ts";
import { h } from "./element.ts";
import { bytesText } from "./numbers.ts";
import type { Word } from "./words.ts";
import type { Cgroup } from "./world.ts";

export function cgroupsSection(context: Context): HTMLElement {
  const { world, say } = context;
  if (world.cgroups.size === 0) return h("p", { class: "nothing" }, say("noMounts"));
  return h("ul", { class: "plain" }, ...[...world.cgroups.values()].map((cgroup) => item(context, cgroup)));
}

function item({ world, say }: Context, { id, limits, counted }: Cgroup): HTMLLIElement {
  const members = [...world.processes.values()].filter(({ cgroup, isAlive }) => cgroup === id && isAlive);
  const names = members.map(({ name, pid }) => `${name} (${pid})`).join(", ");
  const kinds = [world.changed.has(`cgroup ${id}`) ? "changed" : "", counted ? "gone" : ""].join(" ");
  return h(
    "li",
    { class: `cgroup ${kinds}` },
    h("code", {}, inShort(id.replace(/^\/sys\/fs\/cgroup\/[^/]+/, ""), 90)),
    h("div", {}, counted ? say("removed") : `${say("members")}: ${names || say("empty")}`),
    counted ? h("dl", { class: "counted" }, ...countedRows(counted, say)) : undefined,
    limits.length > 0 ? limitsDetails(limits, say) : undefined,
  );
}

function limitsDetails(limits: Cgroup["limits"], say: Context["say"]): HTMLElement {
  return h(
    "details",
    {},
    h("summary", {}, `${limits.length} ${say("limits")}`),
    h("dl", {}, ...limits.flatMap(([file, value]) => [h("dt", {}, file), h("dd", {}, inShort(value, 200))])),
  );
}

/** The names that runc gives them, in words; times and sizes with their units. */
const COUNTERS: readonly (readonly [name: string, word: Word, text: (value: number) => string])[] = [
  ["cpuNs", "cpuTime", (ns) => `${(ns / 1e6).toFixed(1)} ms`],
  ["throttledNs", "throttled", (ns) => `${(ns / 1e6).toFixed(1)} ms`],
  ["memoryPeakBytes", "memoryPeak", bytesText],
  ["memoryLimitHits", "memoryHits", String],
  ["refusedForks", "refusedForks", String],
];

function countedRows(counted: NonNullable<Cgroup["counted"]>, say: Context["say"]): HTMLElement[] {
  return COUNTERS.flatMap(([name, word, text]) => {
    const value = counted[name];
    return typeof value === "number" ? [h("dt", {}, say(word)), h("dd", {}, text(value))] : [];
  });
}
