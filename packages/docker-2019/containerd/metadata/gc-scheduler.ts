/**
 * Decides when to collect garbage: soon after something was removed, and not so often that it would be felt.
 *
 * A collection stops the world for `pauseMs`. The pauses shall take no more than a fiftieth of all time, so the next one comes no
 * earlier than about 49 average pauses after the last. Nothing is scheduled as long as nothing happens. A collection that fails, on a
 * full disk say, is tried again, after ever longer times.
 *
 * @see https://github.com/containerd/containerd/blob/v1.2.6/gc/scheduler/scheduler.go
 */
import type { MetadataDb } from "./db.ts";
import type { GarbageCollector, GcStats } from "./gc.ts";

/** containerd's settings, by its names but for the units. */
export interface GcSchedule {
  /** The share of all time that pauses may take, at most a half. */
  readonly pauseThreshold: number;
  /** How many removals lead to a collection at once; with 0 one does, but not before its time. */
  readonly deletionThreshold: number;
  /** How many changes of any kind lead to a collection; with 0 none do. */
  readonly mutationThreshold: number;
  readonly scheduleDelayMs: number;
  /** When the first collection is. */
  readonly startupDelayMs: number;
}

export const DEFAULT_GC_SCHEDULE: GcSchedule = {
  pauseThreshold: 0.02,
  deletionThreshold: 0,
  mutationThreshold: 100,
  scheduleDelayMs: 0,
  startupDelayMs: 100,
};

/** Before anybody knows how long a pause is. */
const FIRST_INTERVAL_MS = 1000;
const MAX_PAUSE_THRESHOLD = 0.5;
/** Before a collection that has failed is tried again: doubled each time. */
const RETRY_MS = { first: 500, last: 60_000 };

export class GcScheduler {
  readonly #collector: GarbageCollector;
  readonly #schedule: GcSchedule;
  readonly #onError: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;
  #running: Promise<GcStats> | undefined;
  #stopped = false;
  #deletions = 0;
  #mutations = 0;
  #collections = 0;
  /** In a row. */
  #failures = 0;
  #pausesMs = 0;
  #lastEndMs = 0;

  /** @param onError - Is told when a collection that nobody waits for fails. */
  constructor(
    db: MetadataDb,
    collector: GarbageCollector,
    { schedule = DEFAULT_GC_SCHEDULE, onError }: { schedule?: GcSchedule; onError: (error: unknown) => void },
  ) {
    this.#collector = collector;
    this.#schedule = schedule;
    this.#onError = onError;
    db.onMutation((dirty) => this.#mutated(dirty));
    this.#collectIn(schedule.startupDelayMs);
  }

  /** Collects now, after a collection that may be going on: for a client that asked to wait until garbage is gone. */
  async collectAndWait(): Promise<GcStats> {
    while (this.#running !== undefined) await this.#running.catch(() => undefined); // whoever began it is told
    return this.#collect();
  }

  /** Stops collecting; resolves when nothing is going on any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running?.catch(() => undefined);
  }

  #mutated(dirty: boolean): void {
    this.#mutations++;
    if (dirty) this.#deletions++;
    const { deletionThreshold, mutationThreshold, scheduleDelayMs } = this.#schedule;
    if (deletionThreshold > 0 && this.#deletions >= deletionThreshold) this.#collectIn(scheduleDelayMs);
    else if (this.#deletions > 0 && deletionThreshold === 0) this.#collectInTime();
    else if (mutationThreshold > 0 && this.#mutations >= mutationThreshold) this.#collectInTime();
  }

  #collectInTime(): void {
    const restMs = this.#lastEndMs + this.#intervalMs() - performance.now();
    this.#collectIn(Math.max(restMs, this.#schedule.scheduleDelayMs));
  }

  #intervalMs(): number {
    const threshold = Math.min(this.#schedule.pauseThreshold, MAX_PAUSE_THRESHOLD);
    if (this.#collections === 0 || threshold <= 0) return FIRST_INTERVAL_MS;
    const averageMs = this.#pausesMs / this.#collections;
    return averageMs / threshold - averageMs;
  }

  /** Sets the timer, unless it rings earlier. */
  #collectIn(delayMs: number): void {
    const atMs = performance.now() + delayMs;
    if (this.#stopped || atMs >= this.#timerAtMs) return;
    clearTimeout(this.#timer);
    this.#timerAtMs = atMs;
    this.#timer = setTimeout(() => this.collectAndWait().catch(this.#onError), delayMs);
    this.#timer.unref(); // garbage is no reason to stay alive
  }

  async #collect(): Promise<GcStats> {
    clearTimeout(this.#timer);
    this.#timerAtMs = Number.POSITIVE_INFINITY;
    this.#deletions = 0;
    this.#mutations = 0;
    this.#running = this.#collector.collect();
    try {
      const stats = await this.#running;
      this.#collections++;
      this.#pausesMs += stats.pauseMs;
      this.#failures = 0;
      return stats;
    } catch (error) {
      this.#collectIn(Math.min(RETRY_MS.first * 2 ** this.#failures++, RETRY_MS.last));
      throw error;
    } finally {
      this.#running = undefined;
      this.#lastEndMs = performance.now();
    }
  }
}
