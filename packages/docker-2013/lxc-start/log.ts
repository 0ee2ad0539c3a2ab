/** The log of lxc-start (`-o FILE -l LEVEL`): a line for each event of a container's life. */
import { appendFileSync } from "node:fs";

/** From the rarest to the most frequent. */
export const LOG_LEVELS = ["ERROR", "INFO", "DEBUG"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type Log = (level: LogLevel, message: string) => void;

/** A log of the events up to `highest`. Without a path nothing is written. */
export function openLog(path: string | undefined, highest: LogLevel): Log {
  if (path === undefined) return () => {};
  return (level, message) => {
    if (LOG_LEVELS.indexOf(level) > LOG_LEVELS.indexOf(highest)) return;
    appendFileSync(path, `${new Date().toISOString()} lxc-start ${level} ${message}\n`);
  };
}
