/**
 * The one line that tells what set-up does while it does it. It goes to stderr: stdout belongs to the container.
 *
 * On a terminal the line is rewritten and cleared at the end; elsewhere each phase is a line of its own. Written synchronously,
 * without process.stderr, which would make a descriptor non-blocking that docker-2013 inherits.
 */
import { writeSync } from "node:fs";
import { isatty } from "node:tty";

const CLEAR_LINE = "\r\u001b[K";

/** Tells what happens from now on: `starting dockerd`. */
export function tell(phase: string): void {
  writeSync(2, isatty(2) ? `${CLEAR_LINE}${phase} …` : `${phase} …\n`);
}

/** Tells what will be missing, and stays. */
export function warn(what: string): void {
  writeSync(2, `${isatty(2) ? CLEAR_LINE : ""}era: ${what}\n`);
}

/** Clears the line, when set-up ends or an error is to be printed. */
export function tellNothing(): void {
  if (isatty(2)) writeSync(2, CLEAR_LINE);
}
