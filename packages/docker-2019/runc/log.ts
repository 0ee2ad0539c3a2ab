/**
 * runc's log: a line for each event, as logrus writes it. Who drives runc (a shim through go-runc) reads the last line of level error to
 * tell its own caller why a command failed.
 *
 *     {"level":"error","msg":"container does not exist","time":"2026-11-29T18:56:51Z"}      --log-format json
 *     time="2026-11-29T18:56:51Z" level=error msg="container does not exist"                 --log-format text
 *     ERRO[0000] container does not exist                                                   the same, in colour, on a terminal
 */
import { openSync, writeSync } from "node:fs";
import { isatty } from "@eras/linux/tty.ts";
import { BORROWED_STDERR_VARIABLE } from "../borrowed-stderr.ts";

type Level = "error" | "warning" | "info" | "debug";
export type LogFormat = "text" | "json";

const STDERR = 2;

let logFd = STDERR;
let format: LogFormat = "text";
let debugging = false;

/** Where the log goes and what it looks like. @throws ENOENT … (of `node:fs`) when the file can't be opened. */
export function openLog(path: string | undefined, logFormat: LogFormat, debug: boolean): void {
  format = logFormat;
  debugging = debug;
  if (path) logFd = openSync(path, "a", 0o644);
}

/** Writes a line. Those of level debug only with `--debug`. */
export function log(level: Level, message: string): void {
  if (level === "debug" && !debugging) return;
  writeSync(logFd, `${line(level, message)}\n`);
}

/** Tells why the program failed: in the log, and in plain words on stderr if that is another place and our own. */
export function logFailure(message: string): void {
  log("error", message);
  if (logFd !== STDERR && !process.env[BORROWED_STDERR_VARIABLE]) writeSync(STDERR, `${message}\n`);
}

/** For the init, whose descriptor of the log is closed: no process of the container is to hold a file of the host. */
export function forgetLog(): void {
  logFd = STDERR;
}

function line(level: Level, message: string): string {
  if (format === "text" && isatty(logFd)) return terminalLine(level, message);
  const time = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  if (format === "json") return JSON.stringify({ level, msg: message, time });
  return `time=${JSON.stringify(time)} level=${level} msg=${quoteIfNeeded(message)}`;
}

/** Of terminals: red, yellow, cyan, white. */
const COLOURS: Readonly<Record<Level, number>> = { error: 31, warning: 33, info: 36, debug: 37 };
const MESSAGE_WIDTH = 44;

/** With the seconds since the program's start. */
function terminalLine(level: Level, message: string): string {
  const name = level.slice(0, 4).toUpperCase();
  const seconds = String(Math.floor(process.uptime())).padStart(4, "0");
  return `\x1b[${COLOURS[level]}m${name}\x1b[0m[${seconds}] ${message.padEnd(MESSAGE_WIDTH)} `;
}

/** logrus leaves plain words without quotes. */
function quoteIfNeeded(text: string): string {
  return /^[\w\-./@^+]+$/.test(text) ? text : JSON.stringify(text);
}
