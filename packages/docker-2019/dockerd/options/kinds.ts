/** What kinds of options there are: how each is read from a command line and from the configuration's JSON, and shown as Go prints it. */

export interface Kind<Value> {
  /** What help says for the value; none for what is there or not. */
  readonly placeholder?: string;
  /** Of a command line. @param before - What was said so far, of what may be said more than once. @throws {Error} When it means nothing. */
  fromFlag(text: string, before: Value): Value;
  /** Of the file. @throws {Error} In the words of Go's package json, without what it was read for. */
  fromFile(json: unknown): Value;
  /** As Go's `%v`. */
  show(value: Value): string;
}

/** What may be wrong with one item of a list. @throws {Error} */
type Check = (item: string) => void;

export const BOOLEAN: Kind<boolean> = {
  fromFlag: (text) => {
    const value = BOOLEANS[text];
    if (value === undefined) throw new Error(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
    return value;
  },
  fromFile: (json) => (typeof json === "boolean" ? json : mismatch(json, "bool")),
  show: String,
};
// biome-ignore format: as strconv.ParseBool takes them
const BOOLEANS: Readonly<Record<string, boolean>> = {
  "1": true, t: true, T: true, true: true, TRUE: true, True: true, "0": false, f: false, F: false, false: false, FALSE: false, False: false,
};

export const TEXT: Kind<string> = textOf("<string>");

/** @param check - Of a value that is not empty. */
export function textOf(placeholder: string, check: Check = () => {}): Kind<string> {
  const checked = (text: string) => {
    if (text !== "") check(text);
    return text;
  };
  return {
    placeholder,
    fromFlag: checked,
    fromFile: (json) => checked(typeof json === "string" ? json : mismatch(json, "string")),
    show: String,
  };
}

export const INTEGER: Kind<number> = {
  placeholder: "<int>",
  fromFlag: (text) => {
    if (!/^[+-]?\d+$/.test(text)) throw new Error(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
    return Number(text);
  },
  fromFile: (json) => wholeNumber(json, "int"),
  show: String,
};

/** @throws {TypeMismatch} */
export function wholeNumber(json: unknown, type: string): number {
  return Number.isInteger(json) ? (json as number) : mismatch(json, type);
}

/** Bytes: `64m`, `1g`; the file has numbers too. */
export const BYTES: Kind<number> = {
  placeholder: "<bytes>",
  fromFlag: parseBytes,
  fromFile: (json) => (typeof json === "number" ? json : parseBytes(String(json))),
  show: String,
};

function parseBytes(text: string): number {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?) ?([kmgtp]?)(?:i?b)?$/i.exec(text) ?? [];
  if (number === undefined) throw new Error(`invalid size: '${text}'`);
  return Math.floor(Number(number) * 1024 ** " kmgtp".indexOf(unit.toLowerCase() || " "));
}

export function listOf(check: Check = () => {}): Kind<readonly string[]> {
  const checked = (item: string) => {
    check(item);
    return item;
  };
  const isList = (json: unknown): json is string[] =>
    Array.isArray(json) && json.every((item) => typeof item === "string");
  return {
    placeholder: "<list>",
    fromFlag: (text, before) => [...before, checked(text)],
    fromFile: (json) => (isList(json) ? json.map(checked) : mismatch(json, "[]string")),
    show: (value) => `[${value.join(" ")}]`,
  };
}

export const MAP: Kind<Readonly<Record<string, string>>> = {
  placeholder: "<map>",
  fromFlag: (text, before) => {
    const [name = "", ...value] = text.split("=");
    return { ...before, [name]: value.join("=") };
  },
  fromFile: (json) => members(json, "map[string]string", TEXT.fromFile),
  show: showMap,
};

/** On or off, by name. No flag says it. */
export const SWITCHES: Kind<Readonly<Record<string, boolean>>> = {
  fromFlag: (_, before) => before,
  fromFile: (json) => members(json, "map[string]bool", BOOLEAN.fromFile),
  show: showMap,
};

/** @throws {TypeMismatch} */
export function objectOf(json: unknown, type: string): Readonly<Record<string, unknown>> {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return mismatch(json, type);
  return { ...json };
}

/** @throws {TypeMismatch} */
export function members<Value>(json: unknown, type: string, read: (value: unknown) => Value): Record<string, Value> {
  return Object.fromEntries(Object.entries(objectOf(json, type)).map(([name, value]) => [name, read(value)]));
}

function showMap(value: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `map[${pairs.map(([name, text]) => `${name}:${text}`).join(" ")}]`;
}

/** JSON that is of another type than its option. */
export class TypeMismatch extends Error {
  readonly found: string;
  readonly wanted: string;
  readonly #within: { readonly struct: string; readonly member: string } | undefined;

  constructor(found: string, wanted: string, within?: { readonly struct: string; readonly member: string }) {
    super(`cannot unmarshal ${found} into a value of type ${wanted}`);
    this.found = found;
    this.wanted = wanted;
    this.#within = within;
  }

  /** @param key - Of the file's member. */
  told(key: string): string {
    const { struct, member } = this.#within ?? { struct: "Config", member: "" };
    const field = member === "" ? `${struct}.${key}` : `${struct}.${key}.${member}`;
    return `json: cannot unmarshal ${this.found} into Go struct field ${field} of type ${this.wanted}`;
  }
}

export function mismatch(json: unknown, wanted: string): never {
  throw new TypeMismatch(jsonType(json), wanted);
}

/** As Go names what stands in JSON. */
export function jsonType(json: unknown): string {
  if (Array.isArray(json)) return "array";
  return typeof json === "boolean" ? "bool" : typeof json;
}
