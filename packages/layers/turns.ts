/**
 * Taking turns with the event loop.
 *
 * Kernel calls on files are synchronous here, for speed and because each next one depends on the last. A daemon has other clients,
 * so long work asks between two steps whether its turn is over, and lets the loop run if it is.
 */
import { setImmediate } from "node:timers/promises";

const TURN_MS = 10;

/** One piece of long work: `if (turns.over()) await turns.next();` between its steps. */
export class Turns {
  #end = performance.now() + TURN_MS;

  /** Whether this piece of work has had the thread for long enough. */
  over(): boolean {
    return performance.now() >= this.#end;
  }

  /** Resolves after the event loop went round, and starts a new turn. */
  async next(): Promise<void> {
    await setImmediate();
    this.#end = performance.now() + TURN_MS;
  }
}
