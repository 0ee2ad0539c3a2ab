/**
 * JSON without loss. A JavaScript number is exact up to 2⁵³, while config.json has fields of 64 bits: 18446744073709551615 is an
 * ordinary RLIM_INFINITY or a mask of a seccomp rule, and would silently become 18446744073709552000.
 *
 * So an integer that a number can't hold becomes a `bigint`, and is written as it was. Everything else is as `JSON` has it. Files
 * without long numbers, nearly all, cost one search more than `JSON.parse`.
 *
 * @see https://github.com/tc39/proposal-json-parse-with-source
 */

/** Whether the text may hold a number that needs care: 2⁵³ has 16 digits, and 1e309 is the first that is too large. */
const LONG_NUMBER = /\d{16}|[eE]\+?\d{3}/;
const INTEGER = /^-?\d+$/;

/** What a reviver is told about a number, a string, true, false or null; the library's types don't know it yet. */
interface Source {
  readonly source?: string;
}

/** A piece of JSON that is written as it stands. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): object }; // not yet in the library's types

/**
 * Parses JSON; integers beyond 2⁵³ become `bigint`, and a number beyond all that can be represented stays a piece of text.
 *
 * @throws {SyntaxError} As `JSON.parse` does; {RangeError} when values lie in each other too deeply.
 */
export function parseJson(text: string): unknown {
  return LONG_NUMBER.test(text)
    ? JSON.parse(text, exactNumber as (key: string, value: unknown) => unknown)
    : JSON.parse(text);
}

function exactNumber(_key: string, value: unknown, { source }: Source): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value) || source === undefined) return value;
  if (INTEGER.test(source)) return BigInt(source);
  return Number.isFinite(value) ? value : rawJSON(source);
}

/** Writes a value as JSON, with what `parseJson` made of long numbers; `indent` as for `JSON.stringify`. */
export function stringifyJson(value: unknown, indent?: string): string {
  return JSON.stringify(
    value,
    (_key, member: unknown) => (typeof member === "bigint" ? rawJSON(`${member}`) : member),
    indent,
  );
}
