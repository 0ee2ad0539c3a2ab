/**
 * Properties of the unit that a container asks for by annotations, in the text format of GVariant:
 *
 *     org.systemd.property.TimeoutStopUSec   uint64 5000000
 *     org.systemd.property.TimeoutStopSec    5                     in seconds: becomes TimeoutStopUSec
 *     org.systemd.property.CollectMode       'inactive-or-failed'
 *     org.systemd.property.After             ['docker.service']
 *
 * @see https://docs.gtk.org/glib/gvariant-text-format.html
 * @see https://github.com/opencontainers/runc/blob/v1.1.5/docs/systemd.md#auxiliary-properties
 */
import type { DBusValue, Variant } from "./dbus/encoder.ts";
import type { UnitProperty } from "./manager.ts";

const PREFIX = "org.systemd.property.";

/**
 * The properties among annotations.
 *
 * @throws {Error} When a name or a value can't be one of a property.
 */
export function annotationProperties(annotations: Readonly<Record<string, string>>): UnitProperty[] {
  return Object.entries(annotations)
    .filter(([key]) => key.startsWith(PREFIX))
    .map(([key, text]) => propertyOf(key.slice(PREFIX.length), text));
}

/** A name that ends in "Sec", and not in "USec", is of seconds; systemd's own are all of microseconds. */
function propertyOf(name: string, text: string): UnitProperty {
  if (!/^[A-Za-z]{3,}$/.test(name)) throw new Error(`Cannot use "${name}" as a property of systemd`);
  const value = parseVariant(text);
  const [, inSeconds] = /^(.*[a-z])Sec$/.exec(name) ?? [];
  return inSeconds === undefined ? [name, value] : [`${inSeconds}USec`, secondsToMicroseconds(value, text)];
}

function secondsToMicroseconds({ value }: Variant, text: string): Variant {
  if (typeof value !== "number" && typeof value !== "bigint") throw new Error(`Cannot read "${text}" as seconds`);
  return { signature: "t", value: typeof value === "bigint" ? value * 1_000_000n : BigInt(Math.round(value * 1e6)) };
}

/** The words that stand before a value whose type it doesn't show by itself. */
const TYPES: Readonly<Record<string, string>> = {
  ...{ boolean: "b", byte: "y", int16: "n", uint16: "q", int32: "i", uint32: "u", int64: "x", uint64: "t" },
  ...{ double: "d", string: "s", objectpath: "o", signature: "g" },
};

/**
 * Reads a value: a text, a number, true or false, or a list of one kind of these.
 *
 * @throws {Error} When it is none.
 */
export function parseVariant(text: string): Variant {
  const trimmed = text.trim();
  const [, word = "", letter, rest = trimmed] = /^(?:@([a-z]+)|([a-z]+\d*))\s+(.*)$/s.exec(trimmed) ?? [];
  const type = word || TYPES[letter ?? ""];
  if (type !== undefined) return { signature: type, value: readAs(type, rest, text) };
  return { signature: typeOf(trimmed, text), value: readAs(typeOf(trimmed, text), trimmed, text) };
}

/** What a value without such a word is. */
function typeOf(value: string, whole: string): string {
  if (/^(true|false)$/.test(value)) return "b";
  if (/^['"]/.test(value)) return "s";
  if (/^[-+]?\d+$/.test(value)) return "i";
  if (/^[-+]?[\d.]+(e[-+]?\d+)?$/i.test(value)) return "d";
  const [first] = value.startsWith("[") ? elementsOf(value, whole) : [];
  if (first === undefined) throw unreadable(whole);
  return `a${typeOf(first, whole)}`;
}

function readAs(type: string, value: string, whole: string): DBusValue {
  if (type.startsWith("a")) return elementsOf(value, whole).map((element) => readAs(type.slice(1), element, whole));
  if (type === "b" && /^(true|false)$/.test(value)) return value === "true";
  if (/^[sog]$/.test(type)) return unquote(value, whole);
  if (/^[xt]$/.test(type) && /^[-+]?\d+$/.test(value)) return BigInt(value);
  if (/^[ynqiud]$/.test(type) && value !== "" && Number.isFinite(Number(value))) return Number(value);
  throw unreadable(whole);
}

/** A text in its quotes, in which a backslash takes the meaning from what follows. */
const QUOTED = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/s;

function unquote(value: string, whole: string): string {
  if (!new RegExp(`^(?:${QUOTED.source})$`, "s").test(value)) throw unreadable(whole);
  return value.slice(1, -1).replace(/\\(.)/gs, "$1");
}

/** The elements of `[a, b]`. */
function elementsOf(list: string, whole: string): string[] {
  const [, inside] = /^\[(.*)\]$/s.exec(list) ?? [];
  if (inside === undefined) throw unreadable(whole);
  if (inside.trim() === "") return [];
  const element = new RegExp(`(?:${QUOTED.source}|[^,'"])+`, "gs");
  return inside.match(element)!.map((text) => text.trim());
}

function unreadable(text: string): Error {
  return new Error(`Cannot read "${text}" as a value of a property of systemd`);
}
