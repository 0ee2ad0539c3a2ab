/** containerd's log, on standard error: a line each, `time="2019-07-22T08:00:00Z" level=info msg="…"`. */
import { writeSync } from "node:fs";

/** From the most talkative to the most silent, as `--log-level` names them. */
export const LEVELS = ["trace", "debug", "info", "warning", "error", "fatal", "panic"] as const;
export type Level = (typeof LEVELS)[number];

let threshold: Level = "info";

/** Whatever is below this level is not written. */
export function setLogLevel(level: Level): void {
  threshold = level;
}

/** @param fields - What else there is to say, by name. */
export function log(level: Level, msg: string, fields: Readonly<Record<string, string>> = {}): void {
  if (LEVELS.indexOf(level) < LEVELS.indexOf(threshold)) return;
  const all = { time: new Date().toISOString(), level, msg, ...fields };
  const line = Object.entries(all).map(([name, value]) => `${name}=${quoted(value)}`);
  try {
    writeSync(2, `${line.join(" ")}\n`);
  } catch {
    // Whoever read our log has gone; the containers have not.
  }
}

/** Words that need no quotes have none. */
function quoted(value: string): string {
  return /^[\w./@^+-]+$/.test(value) && !/^\d{4}-/.test(value) ? value : JSON.stringify(value);
}
