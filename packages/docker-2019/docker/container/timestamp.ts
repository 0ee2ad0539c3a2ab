/** Points in time as `logs --since` and `events --until` take them. */
import { parseDuration } from "../../duration.ts";

/** Seconds, and nanoseconds, since 1970. */
const UNIX_TIME = /^\d+(\.\d+)?$/;
/** A date, perhaps a time, perhaps a zone: `2013-01-02T13:23:37.5Z`. */
const DATE = /^(\d{4}-\d\d-\d\d)(?:T(\d\d(?::\d\d(?::\d\d)?)?)(\.\d+)?)?(Z|[+-]\d\d:\d\d)?$/;

/**
 * @param text - `42m` ago, `1136073600.5`, `2006-01-02T15:04:05`, of our own zone when it names none.
 * @returns As the daemon takes it: `1136073600.000000001`.
 */
export function parseTimestamp(text: string, now = Date.now()): string {
  if (UNIX_TIME.test(text)) return text;
  const [, date, time = "00:00:00", fraction = "", zone] = DATE.exec(text) ?? [];
  if (date === undefined) return inSeconds(BigInt(Math.round((now - durationOf(text)) * 1e6)));
  const local = `${date}T${time.length === 2 ? `${time}:00` : time}`;
  const seconds = zone === undefined ? new Date(local).getTime() : new Date(`${local}${zone}`).getTime();
  return inSeconds(BigInt(seconds) * 1_000_000n + BigInt(fraction.slice(1, 10).padEnd(9, "0")));
}

/** In milliseconds. */
function durationOf(text: string): number {
  try {
    return parseDuration(text);
  } catch (cause) {
    throw new Error(`failed to parse value as time or duration: ${JSON.stringify(text)}`, { cause });
  }
}

function inSeconds(nanoseconds: bigint): string {
  const fraction = String(nanoseconds % 1_000_000_000n).padStart(9, "0");
  return `${nanoseconds / 1_000_000_000n}.${fraction}`;
}
