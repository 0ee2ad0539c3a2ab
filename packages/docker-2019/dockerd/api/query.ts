/** The query of a request, in the API's own ways of saying things. What makes no sense is told in Go's words, and mostly with 500, as there. */
import { InvalidArgument, Unknown } from "@eras/oci-spec/errdefs.ts";
import { flag, list, map, parseWhole, text } from "./shape.ts";

/** What to look for: by name of the filter, its values, one of which must match. */
export type Filters = ReadonlyMap<string, readonly string[]>;

const FILTERS = map(map(flag));
/** Of old. */
const LISTS = map(list(text()));
const INT64_MAX = 2n ** 63n - 1n;

export class Query {
  readonly #text: string;
  #parsed: URLSearchParams | undefined;

  /** @param text - What stands behind the question mark. */
  constructor(text: string) {
    this.#text = text;
  }

  /** @throws {InvalidArgument} When a percent sign is none of an escape. */
  get #params(): URLSearchParams {
    const [broken] = /%(?![0-9A-Fa-f]{2}).{0,2}/.exec(this.#text) ?? [];
    if (broken !== undefined) throw new InvalidArgument(`invalid URL escape ${JSON.stringify(broken)}`);
    this.#parsed ??= new URLSearchParams(this.#text);
    return this.#parsed;
  }

  text(name: string): string {
    return this.#params.get(name) ?? "";
  }

  all(name: string): string[] {
    return this.#params.getAll(name);
  }

  has(name: string): boolean {
    return this.#params.has(name);
  }

  /** Whatever is said and is no way of saying no. */
  flag(name: string): boolean {
    const value = this.text(name).trim().toLowerCase();
    return !["", "0", "no", "false", "none"].includes(value);
  }

  /** @returns Undefined when it is not said. @throws {Unknown} */
  integer(name: string): number | undefined {
    const value = this.text(name);
    return value === "" ? undefined : parseInteger(value);
  }

  /** `{"status":{"running":true}}`, or, as of old, `{"status":["running"]}`. @throws {Unknown} When it is neither. */
  filters(): Filters {
    const json = this.text("filters");
    if (json === "") return new Map();
    const parsed = listsOf(json) ?? keysOf(json);
    return new Map(Object.entries(parsed));
  }
}

/** @throws {Unknown} */
export function parseInteger(value: string): number {
  const refuse = (why: string) => new Unknown(`strconv.Atoi: parsing ${JSON.stringify(value)}: ${why}`);
  if (!/^[+-]?\d+$/.test(value)) throw refuse("invalid syntax");
  const integer = BigInt(value.replace("+", ""));
  if (integer > INT64_MAX || integer < -INT64_MAX - 1n) throw refuse("value out of range");
  return Number(integer);
}

function listsOf(json: string): Record<string, string[]> | undefined {
  try {
    return (parseWhole(json, LISTS) ?? {}) as Record<string, string[]>;
  } catch {
    return undefined; // it is told what it should have been
  }
}

function keysOf(json: string): Record<string, string[]> {
  try {
    const parsed = (parseWhole(json, FILTERS) ?? {}) as Record<string, object>;
    return Object.fromEntries(Object.entries(parsed).map(([name, values]) => [name, Object.keys(values)]));
  } catch (cause) {
    throw new Unknown((cause as Error).message, { cause });
  }
}
