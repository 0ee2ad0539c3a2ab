/** dockerd's log, on standard error: a line each, `time="2019-07-22T08:00:00Z" level=info msg="…"`. */
import { writeSync } from "node:fs";

export type Level = "debug" | "info" | "warning" | "error";

let isDebug = false;

export function setDebug(debug: boolean): void {
  isDebug = debug;
}

export function log(level: Level, message: string): void {
  if (level === "debug" && !isDebug) return;
  try {
    writeSync(2, `time="${new Date().toISOString()}" level=${level} msg=${JSON.stringify(message)}\n`);
  } catch {
    // Whoever read our log has gone; the containers have not.
  }
}
