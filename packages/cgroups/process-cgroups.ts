/** In which cgroups a process is: /proc/PID/cgroup. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { lines } from "./control-file.ts";
import { cgroupMounts } from "./detect.ts";

/**
 * The cgroups of a process, from controller (`memory`, `name=systemd`) to path; v2's is called "".
 *
 * @returns Paths as the reader's cgroup namespace shows them, below the root of each tree, not of what is mounted of it.
 * @see https://man7.org/linux/man-pages/man7/cgroups.7.html "/proc files"
 */
export function cgroupsOfProcess(pid: number | "self"): Map<string, string> {
  return parseProcessCgroups(readFileSync(`/proc/${pid}/cgroup`, "utf8"));
}

/** The directory of the v2 cgroup of a process. The machine must have v2. */
export function v2DirOfProcess(pid: number): string {
  return join(cgroupMounts().v2!, cgroupsOfProcess(pid).get("")!);
}

/** Reads lines `NUMBER:CONTROLLERS:PATH`, of which a path may contain colons. */
export function parseProcessCgroups(text: string): Map<string, string> {
  const cgroups = new Map<string, string>();
  for (const line of lines(text.trimEnd())) {
    const [, controllers = "", path = ""] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    for (const controller of controllers.split(",")) cgroups.set(controller, path);
  }
  return cgroups;
}
