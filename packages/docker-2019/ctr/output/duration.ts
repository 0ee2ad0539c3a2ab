/** Spans of time as Go writes them: `1h30m0s`, `3.179166ms`. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { parseDuration } from "../../duration.ts";

/** Milliseconds of `1h30m`: of a time to wait. @throws {InvalidArgument} When it isn't a duration, or would be over already. */
export function parseWait(text: string): number {
  const ms = parseDuration(text);
  if (ms < 0) throw new InvalidArgument(`invalid duration "${text}": a time to wait can't be negative`);
  return ms;
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
