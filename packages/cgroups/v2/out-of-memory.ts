/**
 * Out-of-memory notification on v2: memory.events counts the processes killed in the cgroup and below, and inotify tells of changes.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html#memory-interface-files
 */
import { ifPresent, readFlatKeyed } from "../control-file.ts";
import type { OutOfMemoryListener } from "../out-of-memory.ts";
import { onChange, onRemoval } from "./events.ts";

/** Tells `listener` what happens in the cgroup `dir`. @returns Stops it. */
export function onOutOfMemory(dir: string, { killed, ended }: OutOfMemoryListener): () => void {
  let known = readOomKills(dir);
  const stopEvents = onChange(`${dir}/memory.events`, () => {
    const now = ifPresent(() => readOomKills(dir)) ?? known; // the last change may be the end of the cgroup
    if (now > known) killed();
    known = now;
  });
  const stopWaiting = onRemoval(dir, () => {
    stopEvents();
    ended?.();
  });
  return () => {
    stopEvents();
    stopWaiting();
  };
}

/** How many processes were killed so far. */
export function readOomKills(dir: string): number {
  return readFlatKeyed(dir, "memory.events").oom_kill ?? 0;
}
