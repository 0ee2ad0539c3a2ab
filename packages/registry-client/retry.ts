/**
 * Trying again: a few times, each after twice the time, or after as long as the registry asks.
 *
 * Only what throws TryAgain is repeated. Progress gives a long transfer its full number of tries back: over a bad line a layer of a
 * gigabyte may need more of them than a manifest.
 */
import { setTimeout } from "node:timers/promises";
import { NotAuthorized, TryAgain } from "./registry-error.ts";

export interface RetryPolicy {
  /** How often something is tried in a row without progress, the first time included. */
  readonly tries: number;
  /** Before the second try, in milliseconds. */
  readonly firstDelayMs: number;
  /** The longest that is waited, whatever the registry asks: past that a person had better be told. */
  readonly maxDelayMs: number;
}

export const RETRY: RetryPolicy = { tries: 5, firstDelayMs: 200, maxDelayMs: 30_000 };

/** The tries of one piece of work. */
export class Tries {
  readonly #policy: RetryPolicy;
  readonly #signal: AbortSignal | undefined;
  #failed = 0;

  constructor(policy: RetryPolicy, signal: AbortSignal | undefined) {
    this.#policy = policy;
    this.#signal = signal;
  }

  /** Something has come of the present try. */
  progress(): void {
    this.#failed = 0;
  }

  /** Returns when it is time for the next try. @throws The failure itself, when there is to be none. */
  async next(failure: unknown): Promise<void> {
    const { tries, firstDelayMs, maxDelayMs } = this.#policy;
    const passing = failure instanceof NotAuthorized ? failure.cause : failure; // it may have been the token server's
    if (!(passing instanceof TryAgain) || ++this.#failed >= tries) throw failure;
    const delayMs = passing.retryAfterMs ?? jitter(firstDelayMs * 2 ** (this.#failed - 1));
    if (delayMs > maxDelayMs) throw failure;
    await setTimeout(delayMs, undefined, { ...(this.#signal && { signal: this.#signal }) });
  }
}

/** Does something until it succeeds or there is no sense in going on. */
export async function retrying<Result>(tries: Tries, work: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      await tries.next(error);
    }
  }
}

/** Many clients that were turned away at once shall not come back at once. */
function jitter(delayMs: number): number {
  return delayMs * (0.75 + Math.random() / 2);
}
