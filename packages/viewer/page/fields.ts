/** The fields of a protobuf message, as a tree; the one that is pointed at, or has the focus, is told to who shows the bytes. */
import type { MessageField } from "@eras/trace/message-field.ts";
import type { Context } from "./context.ts";
import { h } from "./element.ts";
import { laidOut } from "./message.ts";

/** @param point - Is given the field that somebody looks at. */
export function fieldTree(context: Context, fields: readonly MessageField[], point: Point): HTMLElement {
  const { say } = context;
  if (fields.length === 0) return h("p", { class: "hint" }, say("noFields"));
  return h(
    "ul",
    { class: "fields", "aria-label": say("decoded") },
    ...fields.map((field) => item(context, field, point)),
  );
}

type Point = (field: MessageField) => void;

function item(context: Context, field: MessageField, point: Point): HTMLLIElement {
  const { name, type, value, fields, number, isCut } = field;
  const look = () => point(field);
  const isLong = type === "JSON";
  const row = h(
    "button",
    { type: "button", class: "field", focus: look, pointerenter: look, click: look },
    h("b", { class: "field-number" }, `${number}`),
    h(
      "span",
      {},
      h("span", { class: "field-name" }, name || context.say("unknownField")),
      h("span", { class: "field-type" }, ` ${type} `),
      value === undefined || isLong ? undefined : h("code", {}, value),
      isCut ? h("em", {}, ` ${context.say("cut")}`) : undefined,
    ),
  );
  return h(
    "li",
    {},
    row,
    isLong ? h("details", {}, h("summary", {}, "JSON"), h("pre", {}, laidOut(value ?? ""))) : undefined,
    fields ? h("ul", {}, ...fields.map((inner) => item(context, inner, point))) : undefined,
  );
}
