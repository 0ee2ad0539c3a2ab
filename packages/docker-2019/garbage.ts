/**
 * Collecting garbage, once nothing happens any more: what a start has left in V8's heap, and what later work has, no later allocation would make
 * V8 collect soon.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** The heap is compacted: its pages go back to the kernel. */
export function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const gc: NodeJS.GCFunction = runInNewContext("gc"); // a context that is made now has one
  setFlagsFromString("--no-expose-gc");
  void gc({ type: "major", execution: "sync", flavor: "last-resort" });
}

/** As V8 counts: collections that a function has not been called in until its code is thrown away. */
const CODE_IS_OLD_AFTER = { usually: 6, here: 1 };

/**
 * The same, and code that will not run again soon goes too, for we call it old: V8 compiles a function again when that is called again.
 *
 * The flag is set for this moment alone: code that was compiled under other flags is refused by V8, and all of Node's modules come as
 * code, and so does what we load from our pack.
 */
export function collectGarbageAndCode(): void {
  setFlagsFromString(`--bytecode-old-age=${CODE_IS_OLD_AFTER.here}`);
  collectGarbage();
  setFlagsFromString(`--bytecode-old-age=${CODE_IS_OLD_AFTER.usually}`);
}
