/**
 * Out-of-memory notification on v2: memory.events counts the processes killed in the cgroup and below, and inotify tells of changes.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html#memory-interface-files
 */
import { ifPresent, readFlatKeyed } from "../control-file.ts";
import { onChange } from "./events.ts";

/** Calls `listener` when a process of the cgroup was killed for lack of memory. @returns Stops it. */
export function onOutOfMemory(dir: string, listener: () => void): () => void {
  let known = oomKills(dir);
  return onChange(`${dir}/memory.events`, () => {
    const now = ifPresent(() => oomKills(dir)) ?? known; // the last change is the end of the cgroup
    if (now > known) listener();
    known = now;
  });
}

function oomKills(dir: string): number {
  return readFlatKeyed(dir, "memory.events").oom_kill ?? 0;
}
