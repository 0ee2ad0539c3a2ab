/**
 * Signatures: the types of D-Bus, in letters.
 *
 *     y byte   b boolean   n q i u x t  integers of 16, 32, 64 bits, signed and unsigned   d double
 *     s string   o path of an object   g signature   v variant: a value that brings its signature with it
 *     aX  array of X   (XY)  struct   a{XY}  array of pairs
 *
 * @see https://dbus.freedesktop.org/doc/dbus-specification.html#type-system
 */

/** To what multiple of bytes a value of a type is aligned, by the type's first letter. */
// biome-ignore format: a table
const ALIGNMENT: Readonly<Record<string, number>> = {
  y: 1, b: 4, n: 2, q: 2, i: 4, u: 4, x: 8, t: 8, d: 8, s: 4, o: 4, g: 1, v: 1, a: 4, "(": 8, "{": 8,
};

/** @throws {Error} When there is no such type. */
export function alignmentOf(type: string): number {
  const alignment = ALIGNMENT[type[0] ?? ""];
  if (alignment === undefined) throw new Error(`Cannot use "${type}" as a type of D-Bus`);
  return alignment;
}

/**
 * The single types that a signature strings together: `sa(sv)u` is `s`, `a(sv)`, `u`.
 *
 * @throws {Error} When it ends in the middle of one.
 */
export function typesOf(signature: string): string[] {
  const types: string[] = [];
  for (let start = 0; start < signature.length; ) {
    const end = endOfType(signature, start);
    types.push(signature.slice(start, end));
    start = end;
  }
  return types;
}

function endOfType(signature: string, start: number): number {
  const first = signature[start];
  if (first === undefined) throw new Error(`Cannot read "${signature}" as a signature of D-Bus: it ends too early`);
  if (first === "a") return endOfType(signature, start + 1);
  if (first !== "(" && first !== "{") return start + 1;
  const close = first === "(" ? ")" : "}";
  let end = start + 1;
  while (signature[end] !== close) end = endOfType(signature, end);
  return end + 1;
}

/** The types inside `(…)` or `{…}`. */
export function memberTypes(type: string): string[] {
  return typesOf(type.slice(1, -1));
}
