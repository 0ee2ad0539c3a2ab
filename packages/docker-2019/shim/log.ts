/** The shim's log, which is containerd's: the FIFO `log` of the bundle is our standard error. */
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { dup2 } from "@eras/linux/descriptors.ts";
import { isErrno } from "@eras/linux/errno.ts";

const STDERR = 2;

/** Sends the log to a FIFO; without one it stays where it is. We have a read end too, so that containerd may close its own and come back. */
export function logTo(fifo: string): void {
  try {
    const fd = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
    dup2(fd, STDERR);
    closeSync(fd);
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
  }
}

/** Writes a line. It is lost if nobody has read for so long that the FIFO is full: no container shall wait for that. */
export function log(line: string): void {
  try {
    writeSync(STDERR, `${line}\n`);
  } catch (error) {
    if (!isErrno(error, "EAGAIN", "EPIPE")) throw error;
  }
}
