/**
 * The cpuset controller: which processors and memory nodes may be used. A new cpuset has its parent's, unlike on v1.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html#cpuset
 */
import { writeControlFile } from "../control-file.ts";
import type { CpusetLimits } from "../controller-limits.ts";

/** Sets the processors and memory nodes. */
export function setCpuset(dir: string, { cpus, mems }: CpusetLimits): void {
  if (cpus !== undefined) writeControlFile(dir, "cpuset.cpus", cpus);
  if (mems !== undefined) writeControlFile(dir, "cpuset.mems", mems);
}
