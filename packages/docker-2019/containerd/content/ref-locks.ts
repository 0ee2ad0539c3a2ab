/** Locks on refs: one writer at a time, in this process. Another process can't come in between, the store belongs to one containerd. */
import { Unavailable } from "@eras/oci-spec/errdefs.ts";

/** How long a second writer waits for the first: as long as a client takes to close one call and to make the next. */
const PATIENCE_MS = 500;

interface Lock {
  readonly since: Date;
  readonly released: Promise<void>;
}

export class RefLocks {
  readonly #locks = new Map<string, Lock>();

  /**
   * Locks a ref, waiting a little for who has it.
   *
   * @returns What unlocks it.
   * @throws {Unavailable} `ref layer-1 locked for 512ms (since …)`
   */
  async acquire(ref: string): Promise<() => void> {
    const deadline = Date.now() + PATIENCE_MS;
    for (let held = this.#locks.get(ref); held !== undefined; held = this.#locks.get(ref)) {
      if (!(await settlesBefore(held.released, deadline))) throw lockedError(ref, held.since);
    }
    const { promise: released, resolve } = Promise.withResolvers<void>();
    this.#locks.set(ref, { since: new Date(), released });
    return () => {
      this.#locks.delete(ref);
      resolve();
    };
  }

  has(ref: string): boolean {
    return this.#locks.has(ref);
  }
}

async function settlesBefore(promise: Promise<void>, deadline: number): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), Math.max(0, deadline - Date.now()));
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

function lockedError(ref: string, since: Date): Unavailable {
  return new Unavailable(`ref ${ref} locked for ${Date.now() - since.getTime()}ms (since ${since.toISOString()})`);
}
