/**
 * The cpuset controller: which processors and memory nodes may be used.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v1/cpusets.html
 */
import { dirname } from "node:path";
import { readControlFile, writeControlFile } from "../control-file.ts";
import type { CpuResources } from "../resources.ts";

/**
 * Gives a new cpuset its parent's processors and memory nodes: it is born with none, and no process may join it (ENOSPC).
 *
 * From then on its own children get theirs from the kernel when they are made (`cgroup.clone_children`), which saves four slow
 * writes for each container.
 */
export function inheritCpuset(dir: string): void {
  if (readControlFile(dir, "cpuset.cpus") !== "") return;
  const parent = dirname(dir);
  for (const name of ["cpuset.cpus", "cpuset.mems"]) writeControlFile(dir, name, readControlFile(parent, name));
  writeControlFile(dir, "cgroup.clone_children", 1);
}

/** Sets the processors and memory nodes. */
export function setCpuset(dir: string, { cpus, mems }: CpuResources): void {
  if (cpus !== undefined) writeControlFile(dir, "cpuset.cpus", cpus);
  if (mems !== undefined) writeControlFile(dir, "cpuset.mems", mems);
}
