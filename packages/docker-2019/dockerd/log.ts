/** dockerd's log, on standard error: a line each, `time="2019-07-22T08:00:00Z" level=info msg="…"`. */
import { writeSync } from "node:fs";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";

const LEVELS = ["debug", "info", "warning", "error", "fatal"] as const;
export type Level = (typeof LEVELS)[number];

let least: Level = "info";

export function setLogLevel(level: Level): void {
  least = level;
}

/** @param text - Also `warn`. @throws {InvalidArgument} */
export function parseLogLevel(text: string): Level {
  const level = LEVELS.find((one) => one === (text === "warn" ? "warning" : text));
  if (level === undefined) throw new InvalidArgument(`unable to parse logging level: ${text}`);
  return level;
}

export function log(level: Level, message: string): void {
  if (LEVELS.indexOf(level) < LEVELS.indexOf(least)) return;
  try {
    writeSync(2, `time="${new Date().toISOString()}" level=${level} msg=${JSON.stringify(message)}\n`);
  } catch {
    // Whoever read our log has gone; the containers have not.
  }
}
