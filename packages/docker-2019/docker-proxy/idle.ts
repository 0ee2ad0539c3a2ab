/**
 * Memory, given back once: a machine may have hundreds of these, most of which never see a packet. What the start has left in V8's heap is
 * garbage, and code that runs no more; nothing but packets will make anything new.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** After which the parent has been told, and what was compiled at the start has been stored (packages/launch/packed.cjs). */
const IDLE_MS = 2_000;

/** As V8 counts: collections that a function has not been called in until its code is thrown away. */
const CODE_IS_OLD_AFTER = { usually: 6, here: 1 };

export function releaseMemoryOnceIdle(): void {
  setTimeout(collectGarbage, IDLE_MS).unref();
}

/** The flags are set for this moment alone: code that was compiled under other flags is refused by V8, and Node's modules come as code. */
function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const gc: NodeJS.GCFunction = runInNewContext("gc"); // a context that is made now has one
  setFlagsFromString("--no-expose-gc");
  setFlagsFromString(`--bytecode-old-age=${CODE_IS_OLD_AFTER.here}`);
  void gc({ type: "major", execution: "sync", flavor: "last-resort" }); // this one compacts the heap: its pages go back to the kernel
  setFlagsFromString(`--bytecode-old-age=${CODE_IS_OLD_AFTER.usually}`);
}
