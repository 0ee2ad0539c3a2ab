/** What a process costs. */
import { readFileSync } from "node:fs";

/**
 * Proportional set size, in KiB: a process's own memory, and its share of what it has together with others.
 *
 * @see https://www.kernel.org/doc/html/v6.1/filesystems/proc.html (smaps_rollup)
 */
export function pssKib(pid: number): number {
  return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))![1]);
}
