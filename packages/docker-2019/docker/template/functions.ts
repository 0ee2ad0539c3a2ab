/** What templates can call, and how Go prints what comes out. */
import { stringifyJson } from "@eras/oci-spec/exact-json.ts";
import { TemplateError } from "./lexer.ts";

type TemplateFunction = (...args: readonly never[]) => unknown;

/** As fmt's %v does. A value that isn't there is `<no value>`. */
export function format(value: unknown): string {
  if (value === undefined) return "<no value>";
  if (value === null) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(format).join(" ")}]`;
  if (typeof value !== "object") return String(value);
  return `map[${entries(value)
    .map(([key, one]) => `${key}:${format(one)}`)
    .join(" ")}]`;
}

/** In the order of the keys, as Go prints and walks a map. */
export function entries(map: object): [string, unknown][] {
  return Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Not false, 0, null, or empty. */
export function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === "object" && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

function compare(holds: (difference: number) => boolean): (a: number | string, b: number | string) => boolean {
  return (a, b) => holds(a < b ? -1 : a > b ? 1 : 0);
}

/** @see https://pkg.go.dev/text/template#hdr-Functions */
export const FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  json: (value: unknown) => goJson(value),
  split: (text: string, separator: string) => text.split(separator),
  join: (list: readonly string[] | null, separator: string) => (list ?? []).map(format).join(separator),
  title: (text: string) => text.replace(/(^|\s)\S/g, (letter) => letter.toUpperCase()),
  lower: (text: string) => text.toLowerCase(),
  upper: (text: string) => text.toUpperCase(),
  pad: (text: string, before: number, after: number) =>
    text === "" ? "" : " ".repeat(before) + text + " ".repeat(after),
  truncate: (text: string, length: number) => text.slice(0, length),
  println: (...args: unknown[]) => `${args.map(format).join(" ")}\n`,
  print: (...args: unknown[]) => args.map(format).join(" "),
  printf: (pattern: string, ...args: unknown[]) => printf(pattern, args),
  len: (value: string | readonly unknown[] | object) =>
    typeof value === "string" || Array.isArray(value) ? value.length : Object.keys(value).length,
  index: (value: unknown, ...keys: (string | number)[]) => keys.reduce(elementOf, value),
  eq: (value: unknown, ...others: unknown[]) => others.includes(value),
  ne: (a: unknown, b: unknown) => a !== b,
  lt: compare((difference) => difference < 0),
  le: compare((difference) => difference <= 0),
  gt: compare((difference) => difference > 0),
  ge: compare((difference) => difference >= 0),
  not: (value: unknown) => !isTrue(value),
  and: (...args: unknown[]) => args.find((one) => !isTrue(one)) ?? args.at(-1),
  or: (...args: unknown[]) => args.find(isTrue) ?? args.at(-1),
};

/** Escapes what HTML would take for markup, as Go does. */
export function goJson(value: unknown): string {
  const text = stringifyJson(value) ?? "null";
  return text.replace(/[<>&\u2028\u2029]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function elementOf(value: unknown, key: string | number): unknown {
  if (value === null || value === undefined) throw new TemplateError("error calling index: index of untyped nil");
  if (Array.isArray(value) && (typeof key !== "number" || key < 0 || key >= value.length))
    throw new TemplateError(`error calling index: reflect: slice index out of range`);
  const element = (value as Readonly<Record<string | number, unknown>>)[key]; // a list or a map
  return element === undefined ? "" : element;
}

/** `%s %d %v %q %x %t %%`, with a width. */
function printf(pattern: string, args: readonly unknown[]): string {
  let at = 0;
  return pattern.replace(/%(-?)(0?)(\d*)(?:\.(\d+))?([a-zA-Z%])/g, (_, left, zero, width, precision, verb) => {
    if (verb === "%") return "%";
    if (at >= args.length) return `%!${verb}(MISSING)`;
    const text = formatVerb(verb, args[at++], precision);
    return left ? text.padEnd(Number(width)) : text.padStart(Number(width), zero || " ");
  });
}

function formatVerb(verb: string, value: unknown, precision: string | undefined): string {
  if (verb === "q") return JSON.stringify(value);
  if (verb === "x") return typeof value === "number" ? value.toString(16) : Buffer.from(String(value)).toString("hex");
  if (verb === "f") return Number(value).toFixed(precision === undefined ? 6 : Number(precision));
  const text = format(value);
  return verb === "s" && precision !== undefined ? text.slice(0, Number(precision)) : text;
}
