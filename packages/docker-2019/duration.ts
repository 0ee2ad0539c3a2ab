/** Spans of time as Go's programs take them: `5s`, `500ms`, `1h30m`, `1.5s`; and as they print them. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";

const UNITS_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)/g;

/** @returns Milliseconds. @throws {InvalidArgument} When it is no span of time. @see https://pkg.go.dev/time#ParseDuration */
export function parseDuration(text: string): number {
  const sign = text.startsWith("-") ? -1 : 1;
  const parts = text.replace(/^[-+]/, "");
  if (parts === "0") return 0;
  if (parts === "" || parts.replace(PART, "") !== "")
    throw new InvalidArgument(`invalid duration "${text}": 5s, 500ms or 1h30m would be valid`);
  return sign * [...parts.matchAll(PART)].reduce((sum, [, number, unit]) => sum + Number(number) * UNITS_MS[unit!]!, 0);
}

/** `3.179166ms`, `1.2s`: how long something took. */
export function formatElapsed(ms: number): string {
  if (ms < 1) return `${trim((ms * 1000).toFixed(3))}µs`;
  if (ms < 1000) return `${trim(ms.toFixed(6))}ms`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = trim(((ms % 60_000) / 1000).toFixed(9));
  return `${minutes > 0 ? `${minutes}m` : ""}${seconds}s`;
}

function trim(decimal: string): string {
  return decimal.replace(/\.?0+$/, "");
}
