/** Two runs side by side, a row for each thing that both do: where did 2013's config.lxc go? */
import { actorChip } from "./actor-chip.ts";
import { type AlignedRow, align } from "./align.ts";
import type { Context, Pane } from "./context.ts";
import { describe } from "./describe.ts";
import { h, scrollIntoPane } from "./element.ts";

export function comparePane(context: Context): Pane {
  const { models, model, cursor, say } = context;
  const [left, right] = models;
  if (!left || !right)
    return {
      element: h("div", { class: "pane-body" }, h("p", { class: "nothing" }, say("compareHint"))),
      update: () => {},
    };
  const rows = align(left, right);
  const side = models.indexOf(model) as 0 | 1;
  const firstDifference = left.run.era === right.run.era ? rows.findIndex(({ key }) => key === undefined) : -1;
  const drawn = rows.map((row, i) => tableRow(context, row, i === firstDifference));
  const head = h(
    "thead",
    {},
    h(
      "tr",
      {},
      h("th", { scope: "col" }, say("meaning")),
      ...models.map((each) => h("th", { scope: "col" }, h("b", {}, each.run.era), ` ${each.command}`)),
    ),
  );
  const element = h("div", { class: "pane-body compare" }, h("table", {}, head, h("tbody", {}, ...drawn)));
  const update = () => {
    const step = model.lastUpTo(cursor.index, (event) => event.step !== undefined);
    const current = rows.findIndex(({ sides }) => step !== undefined && sides[side].includes(step));
    for (const [i, each] of drawn.entries()) each.classList.toggle("current", i === current);
    scrollIntoPane(drawn[current], element);
  };
  return { element, update };
}

function tableRow(context: Context, { key, sides }: AlignedRow, isFirstDifference: boolean): HTMLTableRowElement {
  const { models, language, say } = context;
  const { meanings, steps } = models[0]!.run;
  const told = key === undefined ? undefined : (meanings[key] ?? steps[key]);
  const title = told
    ? language === "zh"
      ? told.titleZh
      : told.title
    : say(isFirstDifference ? "firstDifference" : "onlyHere");
  const heading = h("th", { scope: "row", class: told ? "" : "hint" }, isFirstDifference ? `≠ ${title}` : title);
  const classes = [told ? "" : "alone", isFirstDifference ? "difference" : ""].join(" ");
  return h("tr", { class: classes }, heading, ...sides.map((indexes, side) => cell(context, indexes, side)));
}

/** What one run does for it: the first time, and how often. */
function cell(context: Context, indexes: readonly number[], side: number): HTMLTableCellElement {
  const { models, language, say, showRun } = context;
  const model = models[side]!;
  const [first] = indexes;
  if (first === undefined) return h("td", { class: "hint" }, `— ${say("noCounterpart")}`);
  const ids = [...new Set(indexes.map((index) => model.events[index]!.step))];
  const lines = ids.map((id) => {
    const same = indexes.filter((index) => model.events[index]!.step === id);
    const index = same[0]!;
    const { text } = describe(model, index, language);
    const times = same.length > 1 ? ` ×${same.length}` : "";
    return h(
      "button",
      { type: "button", click: () => showRun(side, index) },
      actorChip(model, model.events[index]!.actor),
      ` ${text}${times}`,
    );
  });
  return h("td", {}, ...lines);
}
