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
