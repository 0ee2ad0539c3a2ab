/** Quoted text in filters: a Go string literal, whose quotation marks may also be `|` or `/`. */

export type QuoteMark = '"' | "|" | "/";

/** `\n` and its like. */
const NAMED: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
};
/** An escape, or what lies between escapes. */
const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))|[^\\]+/gsu;

/**
 * The text that a quotation stands for.
 *
 * @param quotation - With its marks.
 * @throws {Error} When it has an escape that there is not.
 * @see https://go.dev/ref/spec#String_literals
 */
export function unquote(quotation: string): string {
  const mark = quotation[0];
  const pieces = [...quotation.slice(1, -1).matchAll(ESCAPE)].map((match) => bytesOf(match, mark));
  return Buffer.concat(pieces).toString("utf8");
}

/** \x and octal escapes are bytes, which make up characters together: "\xc3\xa9" is é. */
function bytesOf([text, byte, short, long, octal, letter]: RegExpExecArray, mark: string | undefined): Uint8Array {
  if (byte !== undefined) return Uint8Array.of(Number.parseInt(byte, 16));
  if (octal !== undefined) return Uint8Array.of(within(Number.parseInt(octal, 8), 0xff));
  const code = short ?? long;
  if (code !== undefined) return Buffer.from(String.fromCodePoint(within(Number.parseInt(code, 16), 0x10ffff)));
  if (letter === undefined) return Buffer.from(text);
  const named = letter === mark ? letter : NAMED[letter];
  if (named !== undefined) return Buffer.from(named);
  throw new Error(/[0-7xuU]/.test(letter) ? "illegal numeric escape sequence" : "illegal escape sequence");
}

function within(value: number, largest: number): number {
  if (value > largest) throw new Error("unquoting failed: quote syntax error");
  return value;
}
