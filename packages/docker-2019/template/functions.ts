/** What templates can call, and how Go prints what comes out. */
import { stringifyJson } from "@eras/oci-spec/exact-json.ts";

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

/** A function, and what it takes: `rest` is the type of any number of arguments more. */
interface TemplateFunction {
  readonly params: readonly Param[];
  readonly rest?: Param;
  run(...args: readonly never[]): unknown;
}

type Param = "any" | "string" | "strings" | "int";

/** @returns What Go calls the type that is wanted, if the value isn't of it. */
export function checkArgument(value: unknown, param: string): string | undefined {
  if (param === "string") return typeof value === "string" ? undefined : "string";
  if (param === "int") return Number.isInteger(value) ? undefined : "int";
  if (param === "strings") return Array.isArray(value) || value === null ? undefined : "[]string";
  return undefined;
}

/** As Go's messages call it. */
export function goType(value: unknown): string {
  if (Array.isArray(value)) return "[]interface {}";
  if (typeof value === "number" || typeof value === "bigint") return "int";
  if (typeof value === "boolean") return "bool";
  return typeof value === "string" ? "string" : "map[string]interface {}";
}

function compare(holds: (difference: number) => boolean): TemplateFunction {
  return {
    params: ["any", "any"],
    run(a: number | string, b: number | string) {
      checkComparable(a, b);
      return holds(a < b ? -1 : a > b ? 1 : 0);
    },
  };
}

/** @throws {Error} */
function checkComparable(a: unknown, b: unknown): void {
  if ([a, b].some((one) => typeof one === "object")) throw new Error("invalid type for comparison");
  if (goType(a) !== goType(b)) throw new Error("incompatible types for comparison");
}

function isEqual(value: unknown, others: readonly unknown[]): boolean {
  if (others.length === 0) throw new Error("missing argument for comparison");
  return others.some((one) => {
    if (value !== undefined && one !== undefined) checkComparable(value, one); // what isn't there equals its like
    return value === one;
  });
}

const ofString = (run: (text: string) => unknown): TemplateFunction => ({ params: ["string"], run });
/** Of all arguments, printed as one text. */
const ofText = (run: (text: string) => string): TemplateFunction => ({
  params: [],
  rest: "any",
  run: (...args: unknown[]) => run(print(args)),
});

const HTML: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;" };

/** @see https://pkg.go.dev/text/template#hdr-Functions */
export const FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  json: {
    params: ["any"],
    run: (value: unknown) => (value instanceof ListRow ? escapedJson(value) : goJson(value)),
  },
  split: { params: ["string", "string"], run: (text: string, separator: string) => text.split(separator) },
  join: {
    params: ["strings", "string"],
    run: (list: readonly string[] | null, separator: string) => (list ?? []).map(format).join(separator),
  },
  title: ofString((text) => text.replace(/(^|\s)\S/g, (letter) => letter.toUpperCase())),
  lower: ofString((text) => text.toLowerCase()),
  upper: ofString((text) => text.toUpperCase()),
  pad: {
    params: ["string", "int", "int"],
    run: (text: string, before: number, after: number) =>
      text === "" ? "" : " ".repeat(before) + text + " ".repeat(after),
  },
  truncate: { params: ["string", "int"], run: (text: string, length: number) => text.slice(0, length) },
  println: { params: [], rest: "any", run: (...args: unknown[]) => `${args.map(format).join(" ")}\n` },
  print: { params: [], rest: "any", run: (...args: unknown[]) => print(args) },
  printf: { params: ["string"], rest: "any", run: (pattern: string, ...args: unknown[]) => printf(pattern, args) },
  html: ofText((text) => text.replace(/[&<>"']/g, (letter) => HTML[letter]!)),
  urlquery: ofText((text) => encodeURIComponent(text).replaceAll("%20", "+")),
  len: { params: ["any"], run: lengthOf },
  index: {
    params: ["any"],
    rest: "any",
    run: (value: unknown, ...keys: (string | number)[]) => keys.reduce(elementOf, value),
  },
  slice: {
    params: ["any"],
    rest: "int",
    run: (value: string | readonly unknown[], from = 0, to = value.length) => sliceOf(value, from, to),
  },
  eq: { params: ["any"], rest: "any", run: (value: unknown, ...others: unknown[]) => isEqual(value, others) },
  ne: { params: ["any", "any"], run: (a: unknown, b: unknown) => !isEqual(a, [b]) },
  lt: compare((difference) => difference < 0),
  le: compare((difference) => difference <= 0),
  gt: compare((difference) => difference > 0),
  ge: compare((difference) => difference >= 0),
  not: { params: ["any"], run: (value: unknown) => !isTrue(value) },
  and: { params: ["any"], rest: "any", run: (...args: unknown[]) => firstOrLast(args, (one) => !isTrue(one)) },
  or: { params: ["any"], rest: "any", run: (...args: unknown[]) => firstOrLast(args, isTrue) },
};

function firstOrLast(args: readonly unknown[], decides: (value: unknown) => boolean): unknown {
  const at = args.findIndex(decides);
  return args.at(at);
}

/** Blanks between those that are no strings: fmt.Sprint. */
function print(args: readonly unknown[]): string {
  const isText = (value: unknown) => typeof value === "string";
  return args
    .map((one, index) => (index > 0 && !isText(one) && !isText(args[index - 1]) ? " " : "") + format(one))
    .join("");
}

function lengthOf(value: unknown): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  if (Array.isArray(value)) return value.length;
  if (value === null || value === undefined) throw new Error("len of nil pointer");
  if (typeof value !== "object") throw new Error(`len of type ${goType(value)}`);
  return Object.keys(value).length;
}

function sliceOf(value: unknown, from: number, to: number): unknown {
  if (typeof value !== "string" && !Array.isArray(value)) throw new Error(`can't slice item of type ${goType(value)}`);
  const outside = [from, to].find((index) => index < 0 || index > value.length);
  if (outside !== undefined) throw new Error(`index out of range: ${outside}`);
  if (from > to) throw new Error(`invalid slice index: ${from} > ${to}`);
  return value.slice(from, to);
}

/** A row of a list: Go writes those, as a whole, with what HTML would take for markup escaped, and nothing else. */
export class ListRow {
  constructor(columns: object) {
    Object.assign(this, columns);
  }
}

function escapedJson(row: ListRow): string {
  return goJson(row).replace(/[<>&]/g, escapeLetter);
}

function goJson(value: unknown): string {
  return (stringifyJson(value) ?? "null").replace(/[\u2028\u2029]/g, escapeLetter);
}

function escapeLetter(letter: string): string {
  return `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function elementOf(value: unknown, key: string | number): unknown {
  if (value === null || value === undefined) throw new Error("index of untyped nil");
  if (Array.isArray(value)) return elementOfList(value, key);
  if (typeof value !== "object") throw new Error(`can't index item of type ${goType(value)}`);
  if (typeof key !== "string") throw new Error(`value has type ${goType(key)}; should be string`);
  return (value as Readonly<Record<string, unknown>>)[key] ?? ""; // of what isn't there, Go has a value too
}

function elementOfList(list: readonly unknown[], key: string | number): unknown {
  if (typeof key !== "number") throw new Error(`cannot index slice/array with type ${goType(key)}`);
  if (key < 0 || key >= list.length) throw new Error(`index out of range: ${key}`);
  return list[key];
}

/** `%s %d %v %q %x %t %T %%`, with a width. */
function printf(pattern: string, args: readonly unknown[]): string {
  let at = 0;
  const text = pattern.replace(/%(-?)(0?)(\d*)(?:\.(\d+))?([a-zA-Z%])/g, (_, left, zero, width, precision, verb) => {
    if (verb === "%") return "%";
    if (at >= args.length) return `%!${verb}(MISSING)`;
    const text = formatVerb(verb, args[at++], precision);
    return left ? text.padEnd(Number(width)) : text.padStart(Number(width), zero || " ");
  });
  const extra = args.slice(at).map((one) => `${goType(one)}=${format(one)}`);
  return extra.length > 0 ? `${text}%!(EXTRA ${extra.join(", ")})` : text;
}

const VERB_TYPES: Readonly<Record<string, string>> = { d: "int", s: "string", t: "bool", q: "string" };

function formatVerb(verb: string, value: unknown, precision: string | undefined): string {
  if (value === undefined) return verb === "v" || verb === "T" ? "<nil>" : `%!${verb}(<nil>)`;
  const wanted = VERB_TYPES[verb];
  if (wanted !== undefined && goType(value) !== wanted) return `%!${verb}(${goType(value)}=${format(value)})`;
  if (verb === "T") return goType(value);
  if (verb === "q") return JSON.stringify(value);
  if (verb === "x") return typeof value === "number" ? value.toString(16) : Buffer.from(String(value)).toString("hex");
  if (verb === "f") return Number(value).toFixed(precision === undefined ? 6 : Number(precision));
  const text = format(value);
  return verb === "s" && precision !== undefined ? text.slice(0, Number(precision)) : text;
}
