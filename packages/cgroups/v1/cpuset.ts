/**
 * The cpuset controller: which processors and memory nodes may be used.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v1/cpusets.html
 */
import { dirname } from "node:path";
import { ifPresent, lines, readControlFile, readNumber, writeControlFile } from "../control-file.ts";
import type { CpusetLimits } from "../controller-limits.ts";
import type { CpusetStats } from "../stats.ts";

/** Gives a new cpuset its parent's processors and memory nodes: it is born with none, and no process may join it (ENOSPC). */
export function inheritCpuset(dir: string): void {
  for (const name of ["cpuset.cpus", "cpuset.mems"]) {
    if (readControlFile(dir, name) === "") writeControlFile(dir, name, readControlFile(dirname(dir), name));
  }
}

/** Sets the processors and memory nodes. */
export function setCpuset(dir: string, { cpus, mems }: CpusetLimits): void {
  if (cpus !== undefined) writeControlFile(dir, "cpuset.cpus", cpus);
  if (mems !== undefined) writeControlFile(dir, "cpuset.mems", mems);
}

const SWITCHES = [
  ...["cpu_exclusive", "mem_exclusive", "mem_hardwall", "memory_migrate", "memory_pressure", "memory_spread_page"],
  ...["memory_spread_slab", "sched_load_balance", "sched_relax_domain_level"],
] as const;

/** Reads the processors, the memory nodes and the switches; what a kernel lacks is off. */
export function readCpusetStats(dir: string): CpusetStats {
  const read = (name: string) => ifPresent(() => readNumber(dir, `cpuset.${name}`));
  return {
    cpus: parseList(readControlFile(dir, "cpuset.cpus")),
    mems: parseList(readControlFile(dir, "cpuset.mems")),
    switches: Object.fromEntries(SWITCHES.map((name) => [name, read(name) ?? 0])),
  };
}

/** `0-2,7` is 0, 1, 2, 7. */
function parseList(text: string): number[] {
  return lines(text.replaceAll(",", "\n")).flatMap((range) => {
    const [first, last = first] = range.split("-").map(Number) as [number, number?];
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}
