/** Waiting, for as long as somebody says: `docker stop -t`, `--health-interval`, `docker events --until`. */
import { setTimeout as delay } from "node:timers/promises";

/** About 24.8 days. A timer of Node that is told to wait longer fires at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** Resolves when the time is over, or the signal is aborted. */
export async function longDelay(ms: number, signal?: AbortSignal): Promise<void> {
  const end = performance.now() + ms;
  for (let left = ms; left > 0 && !signal?.aborted; left = end - performance.now())
    await delay(Math.min(left, LONGEST_MS), undefined, { ref: false, signal }).catch(() => {}); // aborted: the loop ends
}

/** Whether something comes about in that time. Nothing of the wait is left when it is over, neither a timer nor a memory of it. */
export async function happensWithin(ms: number, event: Promise<unknown>): Promise<boolean> {
  const waiting = new AbortController();
  const stop = () => waiting.abort();
  void event.then(stop, stop);
  await longDelay(ms, waiting.signal);
  return waiting.signal.aborted;
}
