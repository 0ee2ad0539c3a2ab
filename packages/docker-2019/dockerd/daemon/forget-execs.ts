/** Processes that `docker exec` has added are remembered after their end, for whoever asks how that was; but not for ever. */
import type { Exec } from "../container/exec.ts";

/** Between rounds: the original's. */
export const ROUND_MS = 5 * 60_000;

/** One round: forgets what an earlier one has found ended. So each is there for five minutes at least, and ten at most. */
export function forgetExecs(execs: Map<string, Pick<Exec, "exitCode" | "isToBeForgotten">>): void {
  for (const [id, exec] of execs) {
    if (exec.isToBeForgotten) execs.delete(id);
    exec.isToBeForgotten = exec.exitCode !== undefined;
  }
}
