/** What containerd's configuration says of containerd's own process, and so of the shims that it starts. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openCgroup } from "@eras/cgroups/open.ts";
import type { Config } from "./config.ts";

/** Goes into its cgroup, which is made if there is none; and says how soon it may go when memory is short. */
export function adjustOwnProcess({ oom_score: oomScore, cgroup: { path } }: Config): void {
  if (oomScore !== 0) writeFileSync("/proc/self/oom_score_adj", String(oomScore));
  if (path === "") return;
  const cgroup = openCgroup(join("/", path));
  cgroup.create();
  cgroup.addProcess(process.pid);
}
