/** How soon the kernel ends a process when memory runs out. */
import { writeFileSync } from "node:fs";
import { errorText } from "../error-text.ts";

/**
 * Sets `process.oomScoreAdj`, which children inherit. Call on the host: less than the process has needs CAP_SYS_RESOURCE there.
 *
 * @param pid - Ours, or that of a process that is dumpable: another's file is root's.
 * @param adjustment - -1000 (never) to 1000 (first).
 * @see https://man7.org/linux/man-pages/man5/proc_pid_oom_score_adj.5.html
 */
export function setOomScoreAdj(pid: number, adjustment: number): void {
  const file = `/proc/${pid}/oom_score_adj`;
  try {
    writeFileSync(file, String(adjustment));
  } catch (error) {
    throw new Error(`failed to update ${file}: ${errorText(error as NodeJS.ErrnoException)}`, { cause: error });
  }
}
