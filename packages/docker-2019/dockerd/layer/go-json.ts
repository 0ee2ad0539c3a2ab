/** JSON as Go writes it. Where a digest names a document, or two daemons share a file, each byte counts. */

/** Go escapes what would mean something in HTML, and the two line ends that JavaScript once didn't take in strings. */
const ESCAPED = /[<>&\u2028\u2029]/g;

/** `{"Cmd":["echo hi \u003e /hi"]}`; members in the order that they have. @see https://pkg.go.dev/encoding/json#Marshal */
export function goJson(value: unknown): string {
  return JSON.stringify(value).replace(ESCAPED, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The members of an object in the order of their names, as Go writes a map. */
export function sorted<T>(map: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}
