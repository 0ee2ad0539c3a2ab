/**
 * Compares what a command printed with what the chapter says. In the chapter's lines stand placeholders:
 *
 *     <ID> <PID> <DIGEST> <IP>   always the same value within a chapter; <ID:web> is another
 *     <TIME> <SIZE> <ANY>        any value, each time
 *     ...                        a line of it: any number of lines
 */

/** What the chapter's placeholders have stood for so far. */
export type Bindings = Map<string, string>;

const PATTERNS: Readonly<Record<string, string>> = {
  ID: "[0-9a-f]{8,64}",
  PID: "\\d+",
  DIGEST: "sha256:[0-9a-f]{64}",
  IP: "\\d+\\.\\d+\\.\\d+\\.\\d+",
  TIME: ".+?",
  SIZE: "[\\d.]+ ?[kKMGT]?i?B",
  ANY: ".*?",
};
const BOUND = new Set(["ID", "PID", "DIGEST", "IP"]);
const PLACEHOLDER = /<(?<kind>ID|PID|DIGEST|IP|TIME|SIZE|ANY)(?::(?<name>\w+))?>/g;
export const ELLIPSIS = "...";

/** @returns Nothing when they agree, having added to `bindings`; else where they first differ. */
export function matchOutput(
  expected: readonly string[],
  printed: readonly string[],
  bindings: Bindings,
): string | undefined {
  const attempt = matchFrom(expected, printed, bindings);
  if (typeof attempt === "string") return attempt;
  for (const [name, value] of attempt) bindings.set(name, value);
  return undefined;
}

function matchFrom(expected: readonly string[], printed: readonly string[], bindings: Bindings): Bindings | string {
  let known = bindings;
  for (const [index, line] of expected.entries()) {
    if (line === ELLIPSIS) return matchAfterEllipsis(expected.slice(index + 1), printed.slice(index), known);
    const shown = printed[index];
    if (shown === undefined) return `expected ${JSON.stringify(line)}, and there is no more`;
    const matched = matchLine(line, shown, known);
    if (!matched) return `expected ${JSON.stringify(withValues(line, known))}, printed ${JSON.stringify(shown)}`;
    known = matched;
  }
  const more = printed[expected.length];
  return more === undefined ? known : `expected nothing more, printed ${JSON.stringify(more)}`;
}

function matchAfterEllipsis(
  rest: readonly string[],
  printed: readonly string[],
  bindings: Bindings,
): Bindings | string {
  for (let skipped = 0; skipped <= printed.length; skipped++) {
    const attempt = matchFrom(rest, printed.slice(skipped), bindings);
    if (typeof attempt !== "string") return attempt;
  }
  return `expected ${JSON.stringify(rest[0])} somewhere in ${JSON.stringify(printed)}`;
}

/** @returns The bindings with those of this line, or nothing when it does not match. */
export function matchLine(expected: string, printed: string, bindings: Bindings): Bindings | undefined {
  const parts = partsOf(expected, printed);
  if (!parts) return undefined;
  const known = new Map(bindings);
  for (const { text, kind, name = "" } of parts) {
    if (kind === undefined || !BOUND.has(kind)) continue;
    const bound = known.get(`${kind}:${name}`) ?? text;
    if (!isSame(bound, text)) return undefined;
    known.set(`${kind}:${name}`, bound.length > text.length ? bound : text);
  }
  return known;
}

/** A part of a printed line: what a placeholder stands for, of its kind, or what stands there each time. */
export interface LinePart {
  readonly text: string;
  readonly kind?: string;
  readonly name?: string;
}

/** A printed line, cut where the chapter's line has placeholders; nothing when it does not match. */
export function partsOf(expected: string, printed: string): LinePart[] | undefined {
  const placeholders = [...expected.matchAll(PLACEHOLDER)].map(
    ({ groups }) => groups as { kind: string; name?: string },
  );
  const texts = expected.replaceAll(PLACEHOLDER, "\0").split("\0");
  const values = placeholders.map(({ kind }) => `(${PATTERNS[kind]})`);
  const pattern = texts.map((text, index) => RegExp.escape(text) + (values[index] ?? "")).join("");
  const found = new RegExp(`^${pattern}$`).exec(printed);
  return found
    ? texts.flatMap((text, index) => [
        { text },
        ...(placeholders[index] ? [{ text: found[index + 1]!, ...placeholders[index] }] : []),
      ])
    : undefined;
}

/** An id may be shown whole, or its first digits. */
function isSame(bound: string, value: string): boolean {
  return bound === value || (/^[0-9a-f]{8,64}$/.test(bound) && (bound.startsWith(value) || value.startsWith(bound)));
}

function withValues(line: string, bindings: Bindings): string {
  return line.replace(
    PLACEHOLDER,
    (text, kind: string, name?: string) => bindings.get(`${kind}:${name ?? ""}`) ?? text,
  );
}
