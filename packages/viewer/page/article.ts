/** Where the articles tell of what happens at the cursor: heading, number, and the ledger's rows in our words. */
import type { ShownEvent } from "../recorded-run.ts";
import type { Context, Pane } from "./context.ts";
import { h } from "./element.ts";
import type { RunModel } from "./run-model.ts";

interface Told {
  readonly article: string;
  readonly heading: string;
  readonly rows: readonly string[];
  readonly number?: number;
  readonly title: string;
  readonly titleZh: string;
}

export function articlePane(context: Context): Pane {
  const element = h("div", { class: "pane-body article" });
  const update = () => {
    const { model, cursor, say } = context;
    const index = model.lastUpTo(cursor.index, (event) => tellingOf(model, event) !== undefined);
    const told = index === undefined ? undefined : tellingOf(model, model.events[index]!);
    element.replaceChildren(...(told ? page(context, told) : [h("p", { class: "nothing" }, say("noStep"))]));
  };
  return { element, update };
}

/** Where an event is told of: a step by its declaration, a message by the drawing that it is in. */
function tellingOf({ run }: RunModel, { step, drawn }: ShownEvent): Told | undefined {
  return drawn ?? (step === undefined ? undefined : run.steps[step]);
}

function page(context: Context, told: Told): HTMLElement[] {
  const { language, say } = context;
  const number = told.number === undefined ? "" : ` · ${say("stepNumber")} ${told.number}`;
  return [
    h("p", { class: "hint" }, `${say("articleNumber")} ${told.article}${number}`),
    h("h2", {}, told.heading),
    h("p", { class: "lead" }, language === "zh" ? told.titleZh : told.title),
    h("h3", {}, say("says")),
    h("dl", { class: "claims" }, ...told.rows.flatMap((row) => claim(context, row))),
    ...ownList(context, told),
  ];
}

function claim({ model, language, say }: Context, row: string): HTMLElement[] {
  const known = model.run.claims[row];
  const words = language === "zh" ? known?.claimZh : known?.claim;
  return [h("dt", {}, row), h("dd", known ? {} : { class: "hint" }, words ?? `${say("noClaims")} ${row}`)];
}

/** The numbered steps of the same article, ticked as far as they have happened. */
function ownList({ model, cursor, language, say }: Context, { article, number: current }: Told): HTMLElement[] {
  const found = model.lists.get(article);
  if (!found) return [];
  const declared = Object.values(model.run.steps).filter(
    (step) => step.article === article && step.number !== undefined,
  );
  const drawn = [...found.values()].flatMap((index) => model.events[index]!.drawn ?? []);
  const all = [...declared, ...drawn].toSorted((a, b) => a.number! - b.number!);
  const items = all.map((step) => {
    const index = found.get(step.number!);
    const isDone = index !== undefined && index <= cursor.index;
    const title = language === "zh" ? step.titleZh : step.title;
    const words = `${isDone ? "✓" : "○"} ${step.number} ${title}${index === undefined ? ` (${say("notInRun")})` : ""}`;
    const button = h(
      "button",
      { type: "button", disabled: index === undefined, click: () => cursor.moveTo(index!) },
      words,
    );
    return h("li", step.number === current ? { "aria-current": "step" } : {}, button);
  });
  return [h("h3", {}, `${say("stepsOfArticle")}: ${article}`), h("ol", { class: "own-list" }, ...items)];
}
