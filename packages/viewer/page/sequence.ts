/** Who speaks to whom: a line for each program, an arrow for each message, a bar for each stretch of work. */
import type { Context, Pane } from "./context.ts";
import { describe, inOneLine, inShort } from "./describe.ts";
import { h, scrollIntoPane, svg } from "./element.ts";
import type { RunModel } from "./run-model.ts";
import { type Row, sequenceRows } from "./sequence-rows.ts";

/** Widths of a lane, as the pane allows, in pixels. */
const NARROWEST = 96;
const WIDEST = 220;
const MARGIN = 60;
const LETTER = 6.2;
const LONGEST_LABEL = 64;

/** Where lanes are. */
interface Lanes {
  readonly actors: readonly string[];
  readonly width: number;
}

export function sequencePane(context: Context): Pane {
  const { model, cursor } = context;
  const { rows, height } = sequenceRows(model);
  const element = h("div", { class: "pane-body", role: "group", "aria-label": context.say("sequence"), tabindex: 0 });
  let drawn: SVGGElement[] = [];
  let band: SVGRectElement | undefined;
  const draw = () => {
    const lanes = lanesFor(model, element.clientWidth);
    drawn = rows.map((row) => drawRow(context, lanes, row));
    band = svg("rect", { class: "band", width: "100%", height: 26, rx: 4 });
    const width = lanes.actors.length * lanes.width;
    const lines = [...lifelines(model, lanes, height), ...bars(model, lanes, rows)];
    const picture = svg(
      "svg",
      { class: "sequence", width, height, "aria-hidden": "true" },
      arrowHeads(),
      band,
      ...lines,
      ...drawn,
    );
    element.replaceChildren(heads(model, lanes), picture);
    update();
  };
  const update = () => {
    const current = rows.findLastIndex(({ index }) => index <= cursor.index);
    for (const [i, each] of drawn.entries()) {
      each.classList.toggle("future", i > current);
      each.classList.toggle("current", i === current);
    }
    band?.setAttribute("y", String((rows[current]?.y ?? -40) - 18));
    scrollIntoPane(drawn[Math.max(current, 0)], element);
  };
  new ResizeObserver(draw).observe(element);
  return { element, update };
}

function lanesFor({ actors }: RunModel, paneWidth: number): Lanes {
  const width = Math.floor((paneWidth - MARGIN) / actors.size);
  return { actors: [...actors.keys()], width: Math.max(NARROWEST, Math.min(width, WIDEST)) };
}

function xOf({ actors, width }: Lanes, actor: string): number {
  return (actors.indexOf(actor) + 0.5) * width;
}

function heads(model: RunModel, { width }: Lanes): HTMLElement {
  const names = [...model.actors.values()].map(({ name, hue, sign }) =>
    h(
      "span",
      { class: "lane-head", style: `--hue: ${hue}; width: ${width}px` },
      h("span", { class: "sign" }, `${sign} `),
      name,
    ),
  );
  return h("div", { class: "lane-heads", style: `width: ${width * names.length}px` }, ...names);
}

function lifelines(model: RunModel, lanes: Lanes, height: number): SVGElement[] {
  return [...model.actors.values()].map(({ name, hue }) => {
    const x = xOf(lanes, name);
    return svg("line", { class: "lifeline", style: `--hue: ${hue}`, x1: x, x2: x, y1: 0, y2: height });
  });
}

/** From a span's first row to its last. */
function bars(model: RunModel, lanes: Lanes, rows: readonly Row[]): SVGElement[] {
  const spans = Map.groupBy(rows, ({ index }) => model.events[index]!.span);
  return [...spans.values()].map((ofSpan) => {
    const { actor } = model.events[ofSpan[0]!.index]!;
    const [y, bottom] = [ofSpan[0]!.y - 6, ofSpan.at(-1)!.y + 6];
    const style = `--hue: ${model.actor(actor).hue}`;
    return svg("rect", { class: "bar", style, x: xOf(lanes, actor) - 4, y, width: 8, height: bottom - y, rx: 3 });
  });
}

function drawRow(context: Context, lanes: Lanes, row: Row): SVGGElement {
  const { model, language, cursor } = context;
  const title = svg("title", {}, inOneLine(describe(model, row.index, language)));
  const parts = row.kind === "step" ? stepDot(context, lanes, row) : arrow(context, lanes, row);
  const style = `--hue: ${model.actor(row.from).hue}`;
  return svg("g", { class: row.kind, style, click: () => cursor.moveTo(row.index) }, title, ...parts);
}

function stepDot({ model, language }: Context, lanes: Lanes, { index, from, y }: Row): SVGElement[] {
  const x = xOf(lanes, from);
  const { text, number } = describe(model, index, language);
  const label = `${number ? `${number} ` : ""}${text}`;
  const isNearEnd = lanes.actors.indexOf(from) >= lanes.actors.length / 2;
  const place = isNearEnd ? { x: x - 12, "text-anchor": "end" } : { x: x + 12 };
  return [
    svg("circle", { cx: x, cy: y, r: number ? 6 : 4 }),
    svg("text", { class: "step-label", y: y + 4, ...place }, inShort(label, LONGEST_LABEL)),
  ];
}

function arrow({ model, language }: Context, lanes: Lanes, { index, kind, from, to, y }: Row): SVGElement[] {
  const [x1, x2] = [xOf(lanes, from), xOf(lanes, to)];
  const towards = Math.sign(x2 - x1);
  const { text, number } = describe(model, index, language);
  const { msg } = model.events[index]!;
  const words = msg ? text.slice(text.indexOf(": ") + 2) : text;
  const fits = Math.floor((Math.abs(x2 - x1) + lanes.width / 2) / LETTER);
  const channel = msg && kind === "message" ? `${msg.channel}  ` : "";
  const label = inShort(`${number ? `${number} ` : ""}${words}`, fits - channel.length);
  const x = Math.min(x1, x2) + 10;
  return [
    svg("line", {
      class: "arrow",
      x1: x1 + 5 * towards,
      x2: x2 - 6 * towards,
      y1: y,
      y2: y,
      "marker-end": "url(#head)",
    }),
    svg("text", { class: "label", x, y: y - 5 }, svg("tspan", { class: "channel" }, channel), label),
  ];
}

function arrowHeads(): SVGElement {
  const shape = svg("path", { d: "M0 0 L8 4 L0 8 z", fill: "context-stroke" });
  const size = { markerWidth: 8, markerHeight: 8, refX: 7, refY: 4, markerUnits: "userSpaceOnUse", orient: "auto" };
  return svg("defs", {}, svg("marker", { id: "head", ...size }, shape));
}
