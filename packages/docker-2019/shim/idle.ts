/**
 * Memory, given back when nothing happens any more: a shim is idle for nearly all its life, and there may be a hundred of them.
 *
 * What a start of a container leaves in the heap is garbage that no later allocation would make V8 collect; and code that will not run
 * again soon, which `--bytecode-old-age=1` lets it throw away: it compiles a function again when it is called again.
 */
const IDLE_MS = 2_000;

let idle: NodeJS.Timeout | undefined;

/** Something happens: memory is given back when two seconds have passed without. */
export function noteActivity(): void {
  idle ??= setTimeout(release, IDLE_MS).unref();
  idle.refresh();
}

/** There is a `gc` with `--expose-gc` alone. "last-resort" compacts the heap, so that its pages go back to the kernel. */
function release(): void {
  void globalThis.gc?.({ type: "major", execution: "sync", flavor: "last-resort" });
}
