/** The message at the cursor, or the last one before it: what it says and which bytes of it are known. */
import { actorChip } from "./actor-chip.ts";
import { hexDump, placesInDump, SHOWN_BYTES_MAX } from "./bytes.ts";
import type { Context, Pane } from "./context.ts";
import { h } from "./element.ts";
import { fieldTree } from "./fields.ts";
import { type Command, type Message, readMessage } from "./message.ts";
import { CHANNELS } from "./words.ts";

export function wirePane(context: Context): Pane {
  const element = h("div", { class: "pane-body wire" });
  let shown: number | undefined;
  const update = () => {
    const { model, cursor, say } = context;
    const index = model.lastUpTo(cursor.index, ({ msg }) => msg !== undefined) ?? -1;
    if (index === shown) return; // a field keeps the focus
    shown = index;
    const none = h("p", { class: "nothing" }, say("noMessage"));
    element.replaceChildren(neighbours(context, index), ...(index < 0 ? [none] : message(context, index)));
  };
  return { element, update };
}

/** Ways to the messages before and after. */
function neighbours({ model, cursor, say }: Context, index: number): HTMLElement {
  const messages = model.events.flatMap(({ msg }, i) => (msg && model.isStop(i) ? [i] : []));
  const [before, after] = [messages.findLast((i) => i < index), messages.find((i) => i > index)];
  const button = (to: number | undefined, words: string) =>
    h("button", { type: "button", disabled: to === undefined, click: () => cursor.moveTo(to!) }, words);
  return h("div", { class: "neighbours" }, button(before, say("previousMessage")), button(after, say("nextMessage")));
}

function message(context: Context, index: number): HTMLElement[] {
  const { model, language, say } = context;
  const event = model.fullestOf(index);
  const msg = event.msg!;
  const read = readMessage(event);
  const title =
    event.drawn &&
    `${event.drawn.article}/${event.drawn.number} ${language === "zh" ? event.drawn.titleZh : event.drawn.title}`;
  const metadata = Object.entries(msg.metadata ?? {});
  return [
    h(
      "p",
      { class: "route" },
      actorChip(model, msg.from),
      h("b", { class: "channel" }, ` ── ${msg.channel} ─▶ `),
      actorChip(model, msg.to),
      title ? h("b", { class: "number" }, title) : undefined,
    ),
    h("p", { class: "hint" }, CHANNELS[msg.channel]?.[language === "zh" ? 1 : 0] ?? ""),
    ...(msg.channel === "rcli"
      ? [h("p", {}, `${say("connection")}: `, h("code", {}, msg.id.replace("-", " → ")))]
      : []),
    ...(msg.answers ? [h("p", {}, `${say("answers")}: `, h("code", {}, msg.answers))] : []),
    ...(metadata.length > 0 ? [h("p", { class: "metadata" }, `${say("metadata")}: `, ...metadata.map(word))] : []),
    ...(read.command ? [copyButton(read.command, say("copyAs"), say("copied"))] : []),
    content(context, event.fields, read),
  ];
}

function word([name, value]: readonly [string, string]): HTMLElement {
  return h("code", {}, `${name}: ${value}`);
}

/** What it says, and beside or below it the bytes that say so. */
function content(
  context: Context,
  fields: ReturnType<Context["model"]["fullestOf"]>["fields"],
  read: Message,
): HTMLElement {
  const { say } = context;
  const dump = read.bytes && h("pre", { class: "bytes", tabindex: 0, "aria-label": say("bytes") }, hexDump(read.bytes));
  const said = fields && dump ? fieldTree(context, fields, ({ at }) => mark(dump, at)) : undefined;
  return h(
    "div",
    { class: "content" },
    h(
      "section",
      {},
      h("h3", {}, say("decoded")),
      said ? h("p", { class: "method" }, h("code", {}, read.decoded)) : undefined,
      said ?? h("pre", { class: "decoded" }, read.decoded),
    ),
    h(
      "section",
      {},
      h("h3", {}, say("bytes"), read.bytes ? h("span", {}, ` ${read.cutFrom ?? read.bytes.length}`) : undefined),
      dump && read.bytes!.length > 0 ? dump : h("p", { class: "hint" }, say(dump ? "emptyMessage" : "noBytes")),
      ...leftOut(context, read),
    ),
  );
}

/** Says how much of a long message isn't here. */
function leftOut({ say }: Context, { bytes, cutFrom }: Message): HTMLElement[] {
  const kept = bytes?.length ?? 0;
  return [
    ...(kept > SHOWN_BYTES_MAX ? [h("p", { class: "hint" }, `${say("shownOnly")} ${SHOWN_BYTES_MAX}`)] : []),
    ...(cutFrom === undefined ? [] : [h("p", { class: "hint" }, `${say("keptOnly")} ${kept}`)]),
  ];
}

/** Marks bytes in the dump, and brings them into view there. */
function mark(dump: HTMLElement, [start, end]: readonly [number, number]): void {
  const text = dump.firstChild;
  if (!text || !("highlights" in CSS)) return; // an older browser
  const length = text.textContent?.length ?? 0;
  const ranges = placesInDump(start, end).map(([from, to]) => {
    const range = new Range();
    range.setStart(text, Math.min(from, length));
    range.setEnd(text, Math.min(to, length));
    return range;
  });
  CSS.highlights.set("field", new Highlight(...ranges));
  const [first] = ranges;
  if (first)
    dump.scrollTop += first.getBoundingClientRect().top - dump.getBoundingClientRect().top - dump.clientHeight / 3;
}

function copyButton({ name, line }: Command, words: string, done: string): HTMLElement {
  const button = h("button", { type: "button", title: line, click: () => copy() }, `${words} ${name}`);
  const copy = async () => {
    await navigator.clipboard.writeText(line);
    button.textContent = `${name} ✓ ${done}`;
  };
  return h("p", { class: "copy" }, button, " ", h("code", { class: "command" }, line));
}
