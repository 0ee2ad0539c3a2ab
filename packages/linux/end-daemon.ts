/**
 * The end of a daemon that has done all that was to be done before, without what Node does at its own.
 *
 * Node waits for V8's compiling thread, and that may be waiting itself, for the main thread to collect garbage: Node 26 then never ends. And Node
 * gives the terminal the settings that it had at the start. Behind a shell's prompt those are without an echo, for there the shell does that
 * itself; and so the shell would be, when a daemon that was started with `&` ends.
 */
import { _exit } from "./fork.ts";

export function endDaemon(): never {
  process.emit("exit", 0);
  _exit(0);
}
