/** ctr's log, on stderr: what went wrong with one of several things, when the others go on. */
import { writeSync } from "node:fs";

let isDebug = false;

/** Whether `debug` messages are written: `--debug`. */
export function setDebug(debug: boolean): void {
  isDebug = debug;
}

type Level = "debug" | "info" | "warning" | "error";

/** `time="2026-11-29T19:53:54Z" level=error msg="…" error="…"` @param fields - What else there is to say, by name. */
export function log(level: Level, message: string, fields: Readonly<Record<string, string>> = {}): void {
  if (level === "debug" && !isDebug) return;
  const time = `${new Date().toISOString().slice(0, 19)}Z`;
  const all = { time, level, msg: message, ...fields };
  const line = Object.entries(all).map(([name, value]) => `${name}=${quoted(value)}`);
  writeSync(2, `${line.join(" ")}\n`);
}

/** Words that need no quotes have none. */
function quoted(value: string): string {
  return /^[\w./@^+-]+$/.test(value) && !/^\d{4}-/.test(value) ? value : JSON.stringify(value);
}
