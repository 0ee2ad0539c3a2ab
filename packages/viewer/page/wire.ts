/** The message at the cursor, or the last one before it: what it says and which bytes of it are known. */
import { actorChip } from "./actor-chip.ts";
import { hexDump } from "./bytes.ts";
import type { Context, Pane } from "./context.ts";
import { h } from "./element.ts";
import { readMessage } from "./message.ts";
import { CHANNELS } from "./words.ts";

export function wirePane(context: Context): Pane {
  const element = h("div", { class: "pane-body wire" });
  const update = () => {
    const { model, cursor, say } = context;
    const index = model.lastUpTo(cursor.index, ({ msg }) => msg !== undefined);
    element.replaceChildren(
      neighbours(context, index ?? -1),
      ...(index === undefined ? [h("p", { class: "nothing" }, say("noMessage"))] : message(context, index)),
    );
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

function message({ model, language, say }: Context, index: number): HTMLElement[] {
  const event = model.events[index]!;
  const msg = event.msg!;
  const { decoded, bytes, command } = readMessage(event);
  const title =
    event.drawn &&
    `${event.drawn.article}/${event.drawn.number} ${language === "zh" ? event.drawn.titleZh : event.drawn.title}`;
  return [
    h(
      "p",
      { class: "route" },
      actorChip(model, msg.from),
      h("b", { class: "channel" }, ` ── ${msg.channel} ─▶ `),
      actorChip(model, msg.to),
    ),
    h("p", { class: "hint" }, CHANNELS[msg.channel]?.[language === "zh" ? 1 : 0] ?? ""),
    ...(title ? [h("p", {}, h("b", { class: "number" }, title))] : []),
    ...(msg.answers ? [h("p", {}, `${say("answers")}: `, h("code", {}, msg.answers))] : []),
    h("h3", {}, say("decoded")),
    h("pre", { class: "decoded" }, decoded),
    h("h3", {}, say("bytes")),
    bytes ? h("pre", { class: "bytes" }, hexDump(bytes)) : h("p", { class: "hint" }, say("noBytes")),
    ...(command ? [copyButton(command, say("copyAs"), say("copied"))] : []),
  ];
}

function copyButton({ name, line }: { name: string; line: string }, words: string, done: string): HTMLElement {
  const button = h("button", { type: "button", title: line, click: () => copy() }, `${words} ${name}`);
  const copy = async () => {
    await navigator.clipboard.writeText(line);
    button.textContent = `${name} ✓ ${done}`;
  };
  return h("p", {}, button, " ", h("code", { class: "command" }, line));
}
