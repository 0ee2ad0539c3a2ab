/** The run as sentences: what happens, who does it, and what the kernel is asked for. The page's text for who sees no pictures. */
import { actorChip } from "./actor-chip.ts";
import type { Context, Pane } from "./context.ts";
import { describe } from "./describe.ts";
import { h, scrollIntoPane } from "./element.ts";

export function storyPane(context: Context): Pane {
  const { model, cursor, say } = context;
  const items = model.events.map((_, index) => (isTold(context, index) ? item(context, index) : undefined));
  const groups = model.events.map((_, index) => groupOf(context, index));
  const list = h("ol", { class: "story" }, ...items);
  const allCalls = h("input", { type: "checkbox", change: () => list.classList.toggle("all-calls", allCalls.checked) });
  const element = h(
    "div",
    { class: "pane-body story-body" },
    list,
    h("label", { class: "all-calls" }, allCalls, ` ${say("allCalls")}`),
  );
  const update = () => {
    for (const [index, each] of items.entries())
      mark(each, index, cursor.index, groups[index] === groups[cursor.index]);
    const current = items.slice(0, cursor.index + 1).findLast((each) => each !== undefined);
    giveTabStop(list, current);
    scrollIntoPane(current, list);
  };
  return { element, update };
}

/** A message is told by one of its ends; that a stretch of work has ended is not worth a line, that a program has is. */
function isTold({ model }: Context, index: number): boolean {
  const event = model.events[index]!;
  if (event.kind === "end") return model.endsProgram(index);
  return event.kind === "kernel" || model.isStop(index);
}

/** Kernel calls stand with the step, message or start that they follow, in their own span. */
function groupOf({ model }: Context, index: number): number | undefined {
  const event = model.events[index]!;
  if (event.kind !== "kernel") return index;
  return model.lastUpTo(index, ({ kind, span }) => kind !== "kernel" && span === event.span);
}

function item(context: Context, index: number): HTMLLIElement {
  const { model, language, cursor } = context;
  const event = model.events[index]!;
  const { text, detail, number } = describe(model, index, language);
  const line = h(
    "button",
    { type: "button", click: () => cursor.moveTo(index) },
    h("span", { class: "time" }, model.timeMs(index).toFixed(1)),
    event.kind === "kernel" ? undefined : actorChip(model, event.actor),
    h("span", { class: "text" }, number ? h("b", { class: "number" }, number) : undefined, text),
    detail ? h("span", { class: "detail" }, detail) : undefined,
  );
  return h(
    "li",
    { class: event.kind === "kernel" ? "call" : event.kind, style: `--hue: ${model.actor(event.actor).hue}` },
    line,
  );
}

/** Of a list of hundreds, Tab stops at the line where the cursor is, and goes on to the next pane; who has stopped there moves along. */
function giveTabStop(list: HTMLElement, current: HTMLLIElement | undefined): void {
  const hasFocus = list.contains(document.activeElement);
  for (const button of list.querySelectorAll("button")) button.tabIndex = button.parentElement === current ? 0 : -1;
  if (hasFocus) current?.querySelector("button")?.focus({ preventScroll: true });
}

function mark(item: HTMLLIElement | undefined, index: number, current: number, isOpen: boolean): void {
  if (!item) return;
  item.classList.toggle("done", index < current);
  item.classList.toggle("future", index > current);
  item.classList.toggle("open", isOpen);
  if (index === current) item.setAttribute("aria-current", "step");
  else item.removeAttribute("aria-current");
}
