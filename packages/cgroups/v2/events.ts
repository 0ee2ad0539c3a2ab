/**
 * Waiting on v2: cgroup.events and memory.events are files that the kernel changes, and inotify tells of the change.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html#un-populated-notification
 */
import { watch } from "node:fs";
import { ifPresent, readFlatKeyed } from "../control-file.ts";

/**
 * Waits until `key` of cgroup.events has `value`.
 *
 * @param key - `populated`: whether processes live in the cgroup or below; `frozen`: whether all have stopped.
 * @returns False if that has not come within the time. A cgroup that is gone has come to every state.
 */
export function reachesState(
  dir: string,
  key: "populated" | "frozen",
  value: 0 | 1,
  timeoutMs: number,
): Promise<boolean> {
  const reached = () => {
    const events = ifPresent(() => readFlatKeyed(dir, "cgroup.events"));
    return events === undefined || events[key] === value;
  };
  if (reached()) return Promise.resolve(true);
  return new Promise((resolve) => {
    const settle = (result: boolean) => {
      clearTimeout(timer);
      stop();
      resolve(result);
    };
    const timer = setTimeout(settle, timeoutMs, false);
    const stop = onChange(`${dir}/cgroup.events`, () => reached() && settle(true));
    if (reached()) settle(true); // it may have come just before we watched
  });
}

/** Calls `listener` after each change of a control file. @returns Stops it. */
export function onChange(path: string, listener: () => void): () => void {
  const watcher = watch(path, listener);
  return () => watcher.close();
}

const LOOK_AGAIN_AFTER_MS = 100;

/**
 * Calls `listener` when the cgroup `dir` is gone. The kernel tells of no such thing, only of when the last process leaves, which must come
 * first; so an empty cgroup is looked at again and again. @returns Stops it.
 */
export function onRemoval(dir: string, listener: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    stopEvents();
    clearTimeout(timer);
  };
  const look = () => {
    clearTimeout(timer);
    const populated = ifPresent(() => readFlatKeyed(dir, "cgroup.events").populated);
    if (populated === 0) timer = setTimeout(look, LOOK_AGAIN_AFTER_MS);
    if (populated !== undefined) return;
    stop();
    listener();
  };
  const stopEvents = onChange(`${dir}/cgroup.events`, look);
  look();
  return stop;
}
