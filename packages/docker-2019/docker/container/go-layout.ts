/**
 * Times in the layouts that Go has, and what doesn't fit them in the words of Go's time.Parse.
 *
 *     2006-01-02T15:04:05Z07:00     parsing time "2013-13-02": month out of range
 *                                   parsing time "2013-01-02T1:2:3Z" as "…": cannot parse "2:3Z" as "04"
 *
 * @see https://pkg.go.dev/time#Parse
 */

/** What a layout is made of, in its order; anything else stands for itself. */
const ELEMENT = /2006|01|02|15|04|05|Z07:00/;
/** Of each element, what is taken for it, what it is called and the most that it may be. */
const ELEMENTS: Readonly<Record<string, readonly [pattern: RegExp, name: string, least: number, most: number]>> = {
  "2006": [/^\d{4}/, "year", 0, 9999],
  "01": [/^\d\d/, "month", 1, 12],
  "02": [/^\d\d/, "day", 0, 99],
  "15": [/^\d\d?/, "hour", 0, 23],
  "04": [/^\d\d/, "minute", 0, 59],
  "05": [/^\d\d(?:[.,]\d+)?/, "second", 0, 59.999_999_999_9],
  "Z07:00": [/^(?:Z|[+-]\d\d:\d\d)/, "zone", Number.NaN, Number.NaN],
};

/** @returns What the value has for each element of the layout. @throws {Error} */
export function parseLayout(layout: string, value: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  let rest = value;
  for (const part of layout.split(new RegExp(`(${ELEMENT.source})`)).filter(Boolean)) {
    const [pattern, name, least, most] = ELEMENTS[part] ?? [];
    const [text] = pattern ? (pattern.exec(rest) ?? []) : rest.startsWith(part) ? [part] : [];
    if (text === undefined)
      throw new Error(
        `parsing time ${quoted(value)} as ${quoted(layout)}: cannot parse ${quoted(rest)} as ${quoted(part)}`,
      );
    if (least !== undefined && (Number(text) < least || Number(text) > most!)) throw outOfRange(value, name!);
    found.set(part, text);
    rest = rest.slice(text.length);
  }
  if (rest !== "") throw new Error(`parsing time ${quoted(value)}: extra text: ${quoted(rest)}`);
  const [year, month, day] = ["2006", "01", "02"].map((part) => Number(found.get(part)));
  if (day! < 1 || day! > new Date(Date.UTC(year!, month!, 0)).getUTCDate()) throw outOfRange(value, "day");
  return found;
}

function outOfRange(value: string, name: string): Error {
  return new Error(`parsing time ${quoted(value)}: ${name} out of range`);
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
