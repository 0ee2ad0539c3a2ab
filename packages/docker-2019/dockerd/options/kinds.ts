/** What kinds of options there are: how each is read from a command line and from the configuration's JSON, and shown as Go prints it. */
import { RESOURCES } from "@eras/linux/rlimits.ts";
import type { Ulimit } from "../../engine-api/container-config.ts";
import type { AddressPoolInfo, RuntimeInfo } from "../../engine-api/system.ts";

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
  fromFile: (json) => (Number.isInteger(json) ? (json as number) : mismatch(json, "int")),
  show: String,
};

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
  fromFile: (json) => members(json, (value) => (typeof value === "string" ? value : mismatch(value, "string"))),
  show: showMap,
};

/** The name that no other runtime may have. */
export const STANDARD_RUNTIME = "runc";

/** `--add-runtime NAME=PATH`; in the file `{"NAME": {"path": "…", "runtimeArgs": ["…"]}}`. */
export const RUNTIMES: Kind<Readonly<Record<string, RuntimeInfo>>> = {
  placeholder: "<runtime>",
  fromFlag: (text, before) => {
    const [name = "", ...path] = text.split("=");
    if (path.length === 0) throw new Error(`invalid runtime argument: ${text}`);
    refuseReserved(name);
    if (name in before) throw new Error(`runtime '${name}' was already defined`);
    return { ...before, [name]: { path: path.join("=") } };
  },
  fromFile: (json) => {
    const runtimes = members(json, (value) => value as RuntimeInfo);
    for (const [name, { path }] of Object.entries(runtimes)) {
      refuseReserved(name);
      if (typeof path !== "string") throw new Error(`runtime '${name}' has no path`);
    }
    return runtimes;
  },
  show: (value) => `[${Object.keys(value).join(" ")}]`,
};

function refuseReserved(name: string): void {
  if (name === STANDARD_RUNTIME) throw new Error(`runtime name '${STANDARD_RUNTIME}' is reserved`);
}

/** `--default-ulimit nofile=1024:2048`; in the file `{"nofile": {"Name": "nofile", "Soft": 1024, "Hard": 2048}}`. */
export const ULIMITS: Kind<Readonly<Record<string, Ulimit>>> = {
  placeholder: "<ulimit>",
  fromFlag: (text, before) => {
    const ulimit = parseUlimit(text);
    return { ...before, [ulimit.Name]: ulimit };
  },
  fromFile: (json) => members(json, (value) => value as Ulimit),
  show: (value) =>
    `[${Object.values(value)
      .map(({ Name, Soft, Hard }) => `${Name}=${Soft}:${Hard}`)
      .join(" ")}]`,
};

function parseUlimit(text: string): Ulimit {
  const [Name = "", limits, more] = text.split("=");
  if (limits === undefined || more !== undefined) throw new Error(`invalid ulimit argument: ${text}`);
  if (!(`RLIMIT_${Name.toUpperCase()}` in RESOURCES)) throw new Error(`invalid ulimit type: ${Name}`);
  const numbers = limits.split(":");
  if (numbers.length > 2)
    throw new Error(`too many limit value arguments - ${limits}, can only have up to two, \`soft[:hard]\``);
  const [Soft = 0, Hard = Soft] = numbers.map((number) => INTEGER.fromFlag(number, 0));
  if (Hard >= 0 && (Soft > Hard || Soft < 0))
    throw new Error(`ulimit soft limit must be less than or equal to hard limit: ${Soft} > ${Hard}`);
  return { Name, Soft, Hard };
}

/** `--default-address-pool base=10.10.0.0/16,size=24`; in the file `[{"base": "10.10.0.0/16", "size": 24}]`. */
export const POOLS: Kind<readonly AddressPoolInfo[]> = {
  placeholder: "<pool-options>",
  fromFlag: (text, before) => [...before, parsePool(text)],
  fromFile: (json) => {
    if (!Array.isArray(json)) return mismatch(json, "[]*ipamutils.NetworkToSplit");
    return json.map(({ base, size }) => ({ Base: base, Size: size }));
  },
  show: (value) => `[${value.map(({ Base, Size }) => `{${Base} ${Size}}`).join(" ")}]`,
};

function parsePool(text: string): AddressPoolInfo {
  let pool: AddressPoolInfo = { Base: "", Size: 0 };
  for (const field of text.split(",")) {
    const [key = "", value] = field.split("=");
    if (value === undefined) throw new Error(`invalid field '${field}' must be a key=value pair`);
    if (key.toLowerCase() === "base") pool = { ...pool, Base: value };
    else if (key.toLowerCase() === "size") pool = { ...pool, Size: INTEGER.fromFlag(value, 0) };
    else throw new Error(`unexpected key '${key}' in '${field}'`);
  }
  return pool;
}

function members<Value>(json: unknown, read: (value: unknown) => Value): Record<string, Value> {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return mismatch(json, "map[string]string");
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, read(value)]));
}

function showMap(value: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `map[${pairs.map(([name, text]) => `${name}:${text}`).join(" ")}]`;
}

/** JSON that is of another type than its option. */
export class TypeMismatch extends Error {
  readonly found: string;
  readonly wanted: string;

  constructor(found: string, wanted: string) {
    super(`cannot unmarshal ${found} into a value of type ${wanted}`);
    this.found = found;
    this.wanted = wanted;
  }
}

function mismatch(json: unknown, wanted: string): never {
  throw new TypeMismatch(jsonType(json), wanted);
}

/** As Go names what stands in JSON. */
export function jsonType(json: unknown): string {
  if (Array.isArray(json)) return "array";
  return typeof json === "boolean" ? "bool" : typeof json;
}
