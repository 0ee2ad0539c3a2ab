/** The init's part in its cgroup, which lxc-start has made: cgroup.ts. */
import { writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { step } from "../step.ts";

/**
 * Moves the calling thread into the container's cgroup.
 *
 * @param files - Control files that take whoever writes to them; they must still be in reach.
 */
export function joinCgroup(files: readonly string[]): void {
  step("init.join-cgroup", { files }, { type: "cgroup", id: dirname(files[0] ?? ""), change: "change" });
  for (const file of files) writeFileSync(file, "0");
}
