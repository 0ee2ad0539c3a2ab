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
const ELLIPSIS = "...";

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
  const names: (string | undefined)[] = [];
  let pattern = "";
  let end = 0;
  for (const { 0: text, index, groups } of expected.matchAll(PLACEHOLDER)) {
    const { kind, name } = groups as { kind: string; name?: string };
    names.push(BOUND.has(kind) ? `${kind}:${name ?? ""}` : undefined);
    pattern += `${RegExp.escape(expected.slice(end, index))}(${PATTERNS[kind]})`;
    end = index + text.length;
  }
  const found = new RegExp(`^${pattern}${RegExp.escape(expected.slice(end))}$`).exec(printed);
  if (!found) return undefined;
  const known = new Map(bindings);
  for (const [index, name] of names.entries()) {
    if (name === undefined) continue;
    const value = found[index + 1]!;
    const bound = known.get(name) ?? value;
    if (!isSame(bound, value)) return undefined;
    known.set(name, bound.length > value.length ? bound : value);
  }
  return known;
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
