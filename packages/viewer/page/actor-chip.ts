/** An actor's name with its sign, in its colour. */
import { h } from "./element.ts";
import type { RunModel } from "./run-model.ts";

export function actorChip(model: RunModel, name: string): HTMLElement {
  const { hue, sign } = model.actor(name);
  return h(
    "span",
    { class: "actor", style: `--hue: ${hue}` },
    h("span", { class: "sign", "aria-hidden": "true" }, sign),
    name,
  );
}
