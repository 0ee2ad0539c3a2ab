/** Spans of time as Go writes them: `1h30m0s`, `3.179166ms`; and as Docker's library tells them to people: `2 hours`. */
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

const MINUTE_S = 60;
const HOUR_S = 60 * MINUTE_S;
const DAY_S = 24 * HOUR_S;

/** `27 seconds`, `About an hour`, `3 weeks`. @see https://pkg.go.dev/github.com/docker/go-units#HumanDuration */
export function humanDuration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 1) return "Less than a second";
  if (seconds === 1) return "1 second";
  if (seconds < MINUTE_S) return `${seconds} seconds`;
  const minutes = Math.floor(seconds / MINUTE_S);
  if (minutes === 1) return "About a minute";
  if (minutes < 60) return `${minutes} minutes`;
  const hours = Math.round(seconds / HOUR_S);
  if (hours === 1) return "About an hour";
  if (hours < 48) return `${hours} hours`;
  const days = Math.floor(seconds / DAY_S);
  if (days < 14) return `${days} days`;
  if (days < 60) return `${Math.floor(days / 7)} weeks`;
  if (days < 730) return `${Math.floor(days / 30)} months`;
  return `${Math.floor(days / 365)} years`;
}
