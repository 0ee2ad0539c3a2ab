/** The end of a program at a terminal that may belong to somebody else by then. */
import { closeSync, fstatSync, openSync } from "node:fs";

const STANDARD_STREAMS = [0, 1, 2];

/**
 * Puts /dev/null in the place of the terminal, right before the end: Node would give it the settings that it had at the start. Behind a shell's
 * prompt those are without an echo, for there the shell does that itself; and so the shell would be, when a `docker … &` ends.
 */
export function leaveTerminal(): void {
  for (const fd of STANDARD_STREAMS) {
    if (!mayBeTerminal(fd)) continue;
    closeSync(fd);
    openSync("/dev/null", "r+"); // which gets the lowest number that is free
  }
}

/** A terminal is a character device. To leave another one does no harm, and to ask more costs a program's start three milliseconds. */
function mayBeTerminal(fd: number): boolean {
  try {
    return fstatSync(fd).isCharacterDevice();
  } catch {
    return false; // it is closed already
  }
}
