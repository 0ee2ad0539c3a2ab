/** Panes of which one is shown, each with a tab. */
import type { Context, MakePane, Pane } from "./context.ts";
import { h } from "./element.ts";
import type { Word } from "./words.ts";

export type PaneName = Extract<
  Word,
  "story" | "sequence" | "processes" | "kernel" | "compare" | "code" | "wire" | "article"
>;

export interface Tabs extends Pane {
  /** @returns Whether there is such a pane here. */
  show(name: string): boolean;
  readonly shown: PaneName;
}

/** Only the pane that is shown is made, and kept up to date. */
export function tabs(
  context: Context,
  label: Word,
  makers: Partial<Record<PaneName, MakePane>>,
  first: PaneName,
): Tabs {
  const names = Object.keys(makers) as PaneName[];
  const panes = new Map<PaneName, Pane>();
  let shown = first;
  const body = h("div", { role: "tabpanel", class: "tab-panel", id: `panel-${label}`, tabindex: 0 });
  const buttons = names.map((name) =>
    h(
      "button",
      { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": body.id, click: () => show(name) },
      context.say(name),
    ),
  );
  const bar = h("div", { role: "tablist", class: "tabs", "aria-label": context.say(label) }, ...buttons);
  const show = (name: string): boolean => {
    if (!names.includes(name as PaneName)) return false;
    shown = name as PaneName;
    const pane = panes.get(shown) ?? makers[shown]!(context);
    panes.set(shown, pane);
    body.replaceChildren(pane.element);
    body.setAttribute("aria-labelledby", `tab-${shown}`);
    for (const [i, button] of buttons.entries()) button.setAttribute("aria-selected", String(names[i] === shown));
    pane.update();
    return true;
  };
  show(first);
  return {
    element: h("section", { class: `tabbed ${label}` }, bar, body),
    update: () => panes.get(shown)?.update(),
    show,
    get shown() {
      return shown;
    },
  };
}
