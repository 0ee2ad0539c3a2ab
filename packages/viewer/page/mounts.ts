/** Mounts of the run, by mount namespace; a union as the stack that it is. */

import { MOUNT_FLAGS } from "./calls.ts";
import type { Context } from "./context.ts";
import { inShort } from "./describe.ts";
import { h } from "./element.ts";
import type { Mount } from "./world.ts";

export function mountsSection({ world, say }: Context): HTMLElement {
  if (world.mounts.length === 0) return h("p", { class: "nothing" }, say("noMounts"));
  const groups = [...Map.groupBy(world.mounts, ({ namespace }) => namespace)].map(([namespace, mounts]) =>
    h(
      "div",
      { class: `tree-of-mounts${world.changed.has(`root ${namespace}`) ? " changed" : ""}` },
      h(
        "h4",
        {},
        namespace || say("hostTree"),
        world.newRoots.has(namespace) ? h("em", {}, ` ${say("newRoot")}`) : undefined,
      ),
      ...mounts.map((mount) =>
        mount.type === "overlay" || mount.type === "aufs" ? union(mount, say) : lineOf(mount, world.changed),
      ),
    ),
  );
  return h("div", {}, h("p", { class: "hint" }, say("mountsNote")), ...groups);
}

function lineOf(mount: Mount, changed: ReadonlySet<string>): HTMLElement {
  const { target, source, type, data } = mount;
  const what = [type || "bind", ...flagNames(mount), data].filter(Boolean).join(" ");
  return h(
    "div",
    { class: changed.has(`mount ${target}`) ? "mount changed" : "mount", title: `${target} ← ${source} · ${what}` },
    h("code", {}, inShort(target, 70)),
    h("span", { class: "note" }, `${source && ` ← ${inShort(source, 50)}`} · ${inShort(what, 80)}`),
  );
}

/** Bottom layer at the bottom, what the container sees on top. */
function union({ target, type, data }: Mount, say: Context["say"]): HTMLElement {
  const { lower, upper } = type === "aufs" ? aufsBranches(data) : overlayDirectories(data);
  const slab = (kind: string, words: string, path: string) =>
    h("div", { class: `slab ${kind}`, title: path }, h("span", {}, words), h("code", {}, inShort(path, 48)));
  return h(
    "div",
    { class: "union" },
    slab("merged", `${say("merged")} (${type})`, target),
    ...(upper ? [slab("upper", say("writable"), upper)] : []),
    ...lower.map((path) => slab("lower", say("layer"), path)),
  );
}

function overlayDirectories(data: string): { lower: string[]; upper: string | undefined } {
  const options = new Map(
    data.split(",").map((option) => [option.split("=")[0], option.slice(option.indexOf("=") + 1)]),
  );
  return { lower: (options.get("lowerdir") ?? "").split(":").filter(Boolean), upper: options.get("upperdir") };
}

/** `br:/rw=rw:/layer2=ro:/layer1=ro`. */
function aufsBranches(data: string): { lower: string[]; upper: string | undefined } {
  const branches = data
    .replace(/^.*br[:=]/, "")
    .split(":")
    .map((branch) => branch.split("="));
  const ofKind = (kind: string) => branches.filter(([, mode]) => mode?.startsWith(kind)).map(([path]) => path ?? "");
  return { lower: ofKind("ro"), upper: ofKind("rw")[0] };
}

function flagNames({ flags }: Mount): string[] {
  return Object.entries(MOUNT_FLAGS)
    .filter(([name, flag]) => (flags & flag) !== 0 && name !== "bind")
    .map(([name]) => name);
}
