/** Filters as lists of images take them: `{"dangling": ["true"], "label": ["a=b"]}`. */
import { InvalidArgument, Unknown } from "@eras/oci-spec/errdefs.ts";
import { parseDuration } from "../../duration.ts";

/** Values by name. */
export type Filters = Readonly<Record<string, readonly string[]>>;

/** @throws {InvalidArgument} `Invalid filter 'x'` */
export function checkFilters(filters: Filters, accepted: readonly string[]): void {
  const unknown = Object.keys(filters).find((name) => !accepted.includes(name));
  if (unknown !== undefined) throw new InvalidArgument(`Invalid filter '${unknown}'`);
}

/** Undefined when nothing is said. @throws {InvalidArgument} `Invalid filter 'dangling=[maybe]'` */
export function booleanFilter(filters: Filters, name: string): boolean | undefined {
  const values = filters[name];
  if (values === undefined || values.length === 0) return undefined;
  if (values.every((value) => value === "true" || value === "1")) return true;
  if (values.every((value) => value === "false" || value === "0")) return false;
  throw new InvalidArgument(`Invalid filter '${name}=[${values.join(" ")}]'`);
}

/**
 * Until when what is pruned was made: seconds, a date, or a span of time before now.
 *
 * @returns Milliseconds since 1970; for ever, if nothing is said.
 * @throws {Unknown} When it is none of these, or said twice.
 */
export function untilMs(values: readonly string[] = [], nowMs = Date.now()): number {
  const [text, ...more] = values;
  if (text === undefined) return Number.POSITIVE_INFINITY;
  if (more.length > 0) throw new Unknown("more than one until filter specified");
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) * 1000;
  const date = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? nowMs - durationOf(text) : date;
}

function durationOf(text: string): number {
  try {
    return parseDuration(text);
  } catch (cause) {
    throw new Unknown(`failed to parse value as time or duration: ${JSON.stringify(text)}`, { cause });
  }
}

/** Whether a name is as a shell's pattern says: Go's path.Match, where `*` and `?` don't go beyond a slash. */
export function matchesPattern(pattern: string, name: string): boolean {
  const source = pattern.replace(/\[\^?[^\]]*\]|\\.|[\s\S]/g, (part) => {
    if (part === "*") return "[^/]*";
    if (part === "?") return "[^/]";
    if (/^\[\^?\]?$/.test(part)) throw new InvalidArgument("syntax error in pattern"); // a class without an end, or empty
    if (part.startsWith("[")) return `[${part.slice(1, -1).replace(/[[\\&]/g, "\\$&")}]`;
    return part.replace(/^\\(?=.)/, "").replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  });
  try {
    return new RegExp(`^${source}$`, "u").test(name);
  } catch (cause) {
    throw new InvalidArgument("syntax error in pattern", { cause }); // a range that runs backwards
  }
}
