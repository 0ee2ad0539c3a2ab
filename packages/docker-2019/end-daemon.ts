/**
 * The end of a daemon that has done all that was to be done before.
 *
 * Node's own end waits for V8's compiling thread, and that may be waiting itself, for the main thread to collect garbage: Node 26 then never ends.
 */
import { _exit } from "@eras/linux/fork.ts";

export function endDaemon(): never {
  process.emit("exit", 0);
  _exit(0);
}
