/** The cursor's own controls: buttons, a slider, and the article's numbered steps. */
import type { Context, Pane } from "./context.ts";
import { describe, inOneLine } from "./describe.ts";
import { h } from "./element.ts";

export interface Transport extends Pane {
  /** The article whose numbers the keys 1…9 mean. */
  readonly article: string;
}

export function transport(context: Context): Transport {
  const { model, cursor, language, say } = context;
  const button = (text: string, title: string, click: () => void) =>
    h("button", { type: "button", title, "aria-label": title, click }, text);
  const play = button("▶", say("play"), () => cursor.togglePlaying());
  const slider = h("input", {
    type: "range", min: 0, max: model.events.length - 1, step: 1, "aria-label": say("position"),
    input: () => cursor.moveTo(slider.valueAsNumber),
  }); // biome-ignore format: a line of attributes
  const clock = h("output", { class: "clock" });
  const speed = h(
    "select",
    { "aria-label": say("speed"), change: () => cursor.setSpeed(Number(speed.value)) },
    ...speeds(cursor.speed),
  );
  const numbers = numberedSteps(context);
  const element = h(
    "footer",
    { class: "transport" },
    h(
      "div",
      { class: "buttons" },
      button("⇤", say("first"), () => cursor.moveTo(0)),
      button("←", say("previous"), () => cursor.move(-1)),
      play,
      button("→", say("next"), () => cursor.move(1)),
      speed,
    ),
    slider,
    clock,
    numbers.element,
  );
  const update = () => {
    play.textContent = cursor.isPlaying ? "❚❚" : "▶";
    const words = say(cursor.isPlaying ? "pause" : "play");
    play.title = words;
    play.setAttribute("aria-label", words);
    slider.value = String(cursor.index);
    slider.setAttribute("aria-valuetext", inOneLine(describe(model, cursor.index, language)));
    clock.textContent = `${model.timeMs(cursor.index).toFixed(1)} ms · ${cursor.index + 1} ${say("ofLine")} ${model.events.length}`;
    numbers.update();
  };
  return {
    element,
    update,
    get article() {
      return numbers.article;
    },
  };
}

function speeds(current: number): HTMLOptionElement[] {
  return [0.5, 1, 2, 4].map((times) => h("option", { value: times, selected: times === current }, `${times}×`));
}

/** Chips for the numbered steps of one article; where several number their steps, the reader says which. */
function numberedSteps(context: Context): Transport {
  const { model, cursor, say } = context;
  const articles = [...model.lists.keys()].toSorted((a, b) => model.lists.get(b)!.size - model.lists.get(a)!.size);
  const choice = h(
    "select",
    { "aria-label": say("numberedList"), change: () => fill() },
    ...articles.map((article) => h("option", { value: article }, article)),
  );
  const chips = h("span", { class: "chips" });
  const fill = () => {
    const list = [...(model.lists.get(choice.value) ?? [])].toSorted(([a], [b]) => a - b);
    chips.replaceChildren(...list.map(([number, index]) => chip(context, number, index)));
    update();
  };
  const update = () => {
    for (const each of chips.children) {
      const index = Number((each as HTMLElement).dataset.index);
      each.classList.toggle("done", index < cursor.index);
      if (index === cursor.index) showAsCurrent(each as HTMLElement, chips);
      else each.removeAttribute("aria-current");
    }
  };
  fill();
  const element = h("div", { class: "numbers" }, h("label", {}, `${say("numbered")} `, choice), chips);
  if (articles.length === 0) element.hidden = true;
  return { element, update, get article() { return choice.value; } }; // biome-ignore format: short
}

/** In a narrow window not all chips are in sight. */
function showAsCurrent(chip: HTMLElement, row: HTMLElement): void {
  chip.setAttribute("aria-current", "step");
  row.scrollLeft = chip.offsetLeft - row.offsetLeft - (row.clientWidth - chip.offsetWidth) / 2;
}

function chip({ model, cursor, language }: Context, number: number, index: number): HTMLElement {
  const title = inOneLine(describe(model, index, language));
  return h(
    "button",
    { type: "button", title, "aria-label": title, "data-index": index, click: () => cursor.moveTo(index) },
    `${number}`,
  );
}
