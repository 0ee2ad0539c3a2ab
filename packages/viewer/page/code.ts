/** The source at the cursor, with the function around it; lines of it that ran can be gone to. */
import { actorChip } from "./actor-chip.ts";
import type { Context, Pane } from "./context.ts";
import { h, scrollIntoPane } from "./element.ts";
import { functionAround, highlight } from "./highlight.ts";

export function codePane(context: Context): Pane {
  const element = h("div", { class: "pane-body code" });
  const listings = new Map<string, HTMLElement>();
  const update = () => {
    const { model, cursor, say } = context;
    const index = model.lastUpTo(
      cursor.index,
      ({ file, span }) => file !== undefined && span === model.events[cursor.index]!.span,
    );
    const { file = "", line = 0, actor = "" } = index === undefined ? {} : model.events[index]!;
    const source = model.run.sources[file];
    if (source === undefined) return element.replaceChildren(h("p", { class: "nothing" }, say("noSource")));
    const listing = listings.get(file) ?? makeListing(context, file, source);
    listings.set(file, listing);
    const head = h("p", { class: "where" }, actorChip(model, actor), " ", h("code", {}, `${file}:${line}`));
    element.replaceChildren(head, listing);
    markLines(listing, line, functionAround(source, line), model.actor(actor).hue);
    scrollIntoPane(listing.children[line - 1], listing);
  };
  return { element, update };
}

function makeListing({ model, cursor, say }: Context, file: string, source: string): HTMLElement {
  const ran = Map.groupBy(
    model.events.flatMap((event, index) => (event.file === file ? [{ line: event.line ?? 0, index }] : [])),
    ({ line }) => line,
  );
  const lines = highlight(source.trimEnd()).map((content, i) => {
    const times = ran.get(i + 1)?.map(({ index }) => index);
    const jump = () => cursor.moveTo(times!.find((index) => index > cursor.index) ?? times![0]!);
    const number = times
      ? h("button", { type: "button", class: "gutter ran", title: say("jump"), click: jump }, `▸ ${i + 1}`)
      : h("span", { class: "gutter" }, `${i + 1}`);
    return h("div", { class: "line" }, number, h("span", { class: "source" }, ...content));
  });
  return h("div", { class: "listing", role: "region", "aria-label": file, tabindex: 0 }, ...lines);
}

function markLines(listing: HTMLElement, line: number, [first, last]: readonly [number, number], hue: number): void {
  listing.style.setProperty("--hue", String(hue));
  [...listing.children].forEach((each, i) => {
    each.classList.toggle("current", i + 1 === line);
    each.classList.toggle("around", i + 1 >= first && i + 1 <= last);
  });
}
