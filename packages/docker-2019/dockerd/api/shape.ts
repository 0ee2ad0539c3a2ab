/**
 * What a request's JSON has to look like: a value is checked against the types that Docker's own structures have, and what doesn't fit is told
 * in the words of Go's decoder.
 *
 *     {"HostConfig": {"Memory": "1g"}}
 *     json: cannot unmarshal string into Go struct field HostConfig.HostConfig.Memory of type int64
 *
 * As there, null says nothing, names of members may be written in other cases, and members that nobody knows are passed over.
 *
 * @see https://pkg.go.dev/encoding/json#Unmarshal
 */
import { endOfValue, JsonSyntaxError } from "./json-syntax.ts";

/** A type; `go` is how messages call it. */
export type Shape =
  | { readonly kind: "string" | "bool" | "integer" | "words"; readonly go: string }
  | { readonly kind: "list" | "map"; readonly go: string; readonly of: Shape }
  | { readonly kind: "struct"; readonly go: string; readonly fields: Fields };

export type Fields = Readonly<Record<string, Shape>>;

export const text = (go = "string"): Shape => ({ kind: "string", go });
export const flag: Shape = { kind: "bool", go: "bool" };
export const integer = (go = "int64"): Shape => ({ kind: "integer", go });
/** A command: a list, or a single word. */
export const words: Shape = { kind: "words", go: "string" };
export const list = (of: Shape, go = `[]${of.go}`): Shape => ({ kind: "list", go, of });
export const map = (of: Shape, go = `map[string]${of.go}`): Shape => ({ kind: "map", go, of });
export const struct = (go: string, fields: Fields): Shape => ({ kind: "struct", go, fields });
/** Messages call a pointer's target by a name of its own, but lists and maps of pointers `[]*…`. */
export const pointers = (make: (of: Shape, go?: string) => Shape, of: Shape): Shape => {
  const whole = make(of).go;
  return make(of, `${whole.slice(0, whole.length - of.go.length)}*${of.go}`);
};

/**
 * The first value of a text, as the type that its shape describes.
 *
 * @returns Undefined when there is nothing but space; what null is, for null.
 * @throws {JsonSyntaxError} {JsonTypeError}
 */
export function parseFirst(bytes: Buffer, shape: Shape): unknown {
  try {
    return decoded(bytes.toString(), shape);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  const end = endOfValue(bytes.toString("latin1"));
  return end === undefined ? undefined : decoded(bytes.toString("utf8", 0, end), shape);
}

/** A text that is one value and nothing else, of a query. @throws {JsonSyntaxError} {JsonTypeError} */
export function parseWhole(json: string, shape: Shape): unknown {
  const bytes = Buffer.from(json);
  try {
    const end = endOfValue(bytes.toString("latin1"));
    if (end === undefined) throw new JsonSyntaxError("unexpected end of JSON input", true);
    const rest = bytes.toString("latin1", end).trimStart();
    if (rest !== "") throw new JsonSyntaxError(`invalid character '${rest[0]}' after top-level value`);
    return decoded(json, shape);
  } catch (error) {
    throw error instanceof JsonSyntaxError && error.isCut ? new JsonSyntaxError("unexpected end of JSON input") : error;
  }
}

export class JsonTypeError extends Error {
  override readonly name = "JsonTypeError";
}

/** A number that may not be what it says, as a JavaScript number. */
class NumberText {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

const LONG_OR_BROKEN = /\d[.eE]|\d{16}/;
const INT64_MAX = 2n ** 63n - 1n;

function decoded(json: string, shape: Shape): unknown {
  const value: unknown = LONG_OR_BROKEN.test(json) ? JSON.parse(json, withSource as never) : JSON.parse(json);
  return decode(value, shape, []) ?? zeroOf(shape);
}

/** A reviver; its third parameter is not in the library's types yet. */
function withSource(_key: string, value: unknown, { source }: { readonly source?: string }): unknown {
  const isPlain = typeof value !== "number" || source === undefined || String(value) === source;
  return isPlain && !(typeof value === "number" && !Number.isInteger(value)) ? value : new NumberText(source!);
}

/** Where a value lies: each structure on the way, and the member of it. */
type Way = readonly { readonly struct: string; readonly member: string }[];

function decode(value: unknown, shape: Shape, way: Way): unknown {
  if (value === null || value === undefined) return undefined;
  if (shape.kind === "words") return decodeWords(value, shape, way);
  if (shape.kind === "integer") return decodeInteger(value, shape, way);
  if (kindOf(value) !== JSON_KINDS[shape.kind]) return refuse(value, shape, way);
  if (shape.kind === "list") return (value as unknown[]).map((item) => decode(item, shape.of, way) ?? zeroOf(shape.of));
  if (shape.kind === "map")
    return mapValues(value as object, (item) => decode(item, shape.of, way) ?? zeroOf(shape.of));
  return shape.kind === "struct" ? decodeMembers(value as object, shape, way) : value;
}

function decodeWords(value: unknown, shape: Shape, way: Way): unknown {
  const isWord = (item: unknown) => item === null || typeof item === "string";
  if (Array.isArray(value) && value.every(isWord)) return value.map((item) => item ?? "");
  return typeof value === "string" ? [value] : refuse(value, shape, way);
}

const JSON_KINDS = { string: "string", bool: "bool", list: "array", map: "object", struct: "object" } as const;

function decodeInteger(value: unknown, shape: Shape, way: Way): number {
  if (typeof value === "number") return value;
  if (!(value instanceof NumberText)) return refuse(value, shape, way);
  const { source } = value;
  const isWhole = /^-?\d+$/.test(source) && BigInt(source) <= INT64_MAX && BigInt(source) >= -INT64_MAX - 1n;
  return isWhole ? Number(source) : refuse(value, shape, way);
}

function decodeMembers(value: object, { go, fields }: Shape & { kind: "struct" }, way: Way): object {
  const known = new Map(Object.keys(fields).map((name) => [name.toLowerCase(), name]));
  const members = Object.entries(value).flatMap(([written, item]) => {
    const name = known.get(written.toLowerCase());
    if (name === undefined) return [];
    const result = decode(item, fields[name]!, [...way, { struct: go, member: name }]);
    return result === undefined ? [] : [[name, result] as const];
  });
  return Object.fromEntries(members);
}

function mapValues(value: object, change: (item: unknown) => unknown): object {
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, change(item)]));
}

/** What null is in a list or a map. */
function zeroOf({ kind }: Shape): unknown {
  if (kind === "list") return null;
  return { string: "", words: "", bool: false, integer: 0, map: {}, struct: {} }[kind];
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (value instanceof NumberText) return "number";
  return typeof value === "boolean" ? "bool" : typeof value;
}

function refuse(value: unknown, { kind, go }: Shape, way: Way): never {
  const what = value instanceof NumberText && kind === "integer" ? `number ${value.source}` : kindOf(value);
  const innermost = way.at(-1)?.struct.replace(/^.*\./, "");
  const place = innermost
    ? `struct field ${[innermost, ...way.map(({ member }) => member)].join(".")} of type`
    : "value of type";
  throw new JsonTypeError(`json: cannot unmarshal ${what} into Go ${place} ${go}`);
}
