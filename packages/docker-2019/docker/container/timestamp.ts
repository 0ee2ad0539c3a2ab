/** Points in time as `logs --since` and `events --until` take them. */
import { parseDuration } from "../../duration.ts";
import { parseLayout } from "./go-layout.ts";

/** Seconds, and nanoseconds, since 1970. */
const UNIX_TIME = /^\d+(\.\d+)?$/;
const ZONE = "Z07:00";

/**
 * @param text - `42m` ago, `1136073600.5`, `2006-01-02T15:04:05`, of our own zone when it names none.
 * @returns As the daemon takes it: `1136073600.000000001`.
 * @throws {Error} In the words of Go.
 */
export function parseTimestamp(text: string, now = Date.now()): string {
  if (UNIX_TIME.test(text)) return text;
  const age = durationOf(text);
  if (age !== undefined) return inSeconds(BigInt(Math.round((now - age) * 1e6)));
  if (!text.includes("-")) throw new Error(`failed to parse value as time or duration: ${JSON.stringify(text)}`);
  const parts = parseLayout(layoutOf(text), text);
  const part = (name: string) => (parts.get(name) ?? "00").padStart(2, "0");
  const [second = "", fraction = ""] = part("05").split(/[.,]/);
  const date = `${part("2006")}-${part("01")}-${part("02")}T${part("15")}:${part("04")}:${second}`;
  const zone = parts.get(ZONE);
  const milliseconds = zone === undefined ? new Date(date).getTime() : Date.parse(`${date}Z`) - offsetOf(zone);
  return inSeconds(BigInt(milliseconds) * 1_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, "0")));
}

/** How much of a time it seems to be: a date, with hours, with minutes, with all; with a zone or without. */
function layoutOf(text: string): string {
  const isLocal = !/[zZ+]/.test(text) && text.split("-").length !== 4;
  const [, time] = text.split("T");
  const colons = (time ?? "").replace(/[zZ+-].*$/, "").split(":").length - 1;
  const clock = text.includes(".") || colons > 1 ? "T15:04:05" : colons === 1 ? "T15:04" : "T15";
  return `2006-01-02${time === undefined && !text.includes(".") ? "" : clock}${isLocal ? "" : ZONE}`;
}

/** `-08:00`, in milliseconds. */
function offsetOf(zone: string): number {
  if (zone === "Z") return 0;
  const [hours, minutes] = zone.slice(1).split(":").map(Number) as [number, number];
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

/** In milliseconds; undefined when it is none. */
function durationOf(text: string): number | undefined {
  try {
    return parseDuration(text);
  } catch {
    return undefined;
  }
}

function inSeconds(nanoseconds: bigint): string {
  const fraction = String(nanoseconds % 1_000_000_000n).padStart(9, "0");
  return `${nanoseconds / 1_000_000_000n}.${fraction}`;
}
