/**
 * Whether a container that has ended is started again, and when.
 *
 *     no                 never
 *     on-failure[:max]   when its exit code is not 0, `max` times in a row
 *     unless-stopped     unless somebody has sent it a signal
 *     always             always; after a restart of the daemon even if somebody had told it to end
 *
 * One that somebody has told to end, by `docker stop` or with its stop signal, is started again by none of them.
 *
 * @see https://docs.docker.com/config/containers/start-containers-automatically/
 */
import type { RestartPolicy } from "../../engine-api/container-config.ts";

/** Doubled each time, up to a minute; from the beginning again after a run of ten seconds. */
const FIRST_DELAY_MS = 100;
const LAST_DELAY_MS = 60_000;
const LONG_RUN_MS = 10_000;

export interface EndedRun {
  readonly exitCode: number;
  /** Or sent a signal. */
  readonly wasStopped: boolean;
  /** How often it was started again so far, in a row. */
  readonly restarts: number;
}

export function shallRestart({ Name, MaximumRetryCount }: RestartPolicy, run: EndedRun): boolean {
  if (Name === "on-failure") return run.exitCode !== 0 && (MaximumRetryCount === 0 || run.restarts < MaximumRetryCount);
  return Name === "always" || (Name === "unless-stopped" && !run.wasStopped);
}

/** @param previousMs - The pause before; 0 before the first. @param ranMs - How long it has run since. */
export function restartDelay(previousMs: number, ranMs: number): number {
  if (previousMs === 0 || ranMs >= LONG_RUN_MS) return FIRST_DELAY_MS;
  return Math.min(previousMs * 2, LAST_DELAY_MS);
}
