/**
 * dockerd's log, on standard error: a line each.
 *
 *     time="2019-07-22T08:00:00.000Z" level=info msg="…"
 *     INFO[2019-07-22T08:00:00.000Z] …                       on a terminal, unless `--raw-logs`
 */
import { writeSync } from "node:fs";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";

const LEVELS = ["debug", "info", "warning", "error", "fatal"] as const;
export type Level = (typeof LEVELS)[number];
export const STDERR = 2;
/** Of the terminal: SGR, as logrus has them. */
const COLORS: Readonly<Record<Level, number>> = { debug: 37, info: 36, warning: 33, error: 31, fatal: 31 };

let least: Level = "info";
let isColored = false;

export function setLogLevel(level: Level): void {
  least = level;
}

/** From now on for a person at a terminal, or not. */
export function colorLog(forTerminal: boolean): void {
  isColored = forTerminal;
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
    writeSync(STDERR, `${isColored ? colored(level, message) : plain(level, message)}\n`);
  } catch {
    // Whoever read our log has gone; the containers have not.
  }
}

function plain(level: Level, message: string): string {
  return `time="${new Date().toISOString()}" level=${level} msg=${JSON.stringify(message)}`;
}

function colored(level: Level, message: string): string {
  const name = level.slice(0, 4).toUpperCase();
  return `\x1b[${COLORS[level]}m${name}\x1b[0m[${new Date().toISOString()}] ${message.replace(/\p{Cc}/gu, "?")}`; // a container may have had its say in it
}
