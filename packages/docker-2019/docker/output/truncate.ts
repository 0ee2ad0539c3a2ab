/** Short forms of what is long. */

const SHORT_ID = 12;

/** Twelve digits of an ID, without the name of its hash. */
export function shortId(id: string): string {
  return id.replace(/^sha256:/, "").slice(0, SHORT_ID);
}

/** With `…` in place of the last character. */
export function ellipsis(text: string, length: number): string {
  const letters = [...text];
  return letters.length <= length ? text : `${letters.slice(0, length - 1).join("")}…`;
}
