/** Checks that try: what probe.ts, in a process of its own, could do. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { type Check, judge } from "./check.ts";
import type { ProbeName, ProbeResults } from "./probe.ts";

export const GIVE_CAPABILITIES = "inside a container, start that with --privileged";

/** A probe, and who needs what it tries. */
export interface Tried {
  readonly probe: ProbeName;
  readonly capability: string;
  readonly neededBy: string;
  readonly required: boolean;
  readonly remedy: string;
}

/**
 * Makes and removes one directory beside the daemon's state; leaves nothing behind.
 *
 * @param directory - On the file system of the daemon's state. Without one, what would be mounted there is not tried.
 */
export function triedChecks(tried: readonly Tried[], directory: string | undefined): Check[] {
  const args = [join(import.meta.dirname, "probe.ts"), ...(directory === undefined ? [] : [directory])];
  const results: ProbeResults = JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" }));
  return tried
    .filter(({ probe }) => results[probe] !== undefined)
    .map(({ probe, ...need }) => judge(need, results[probe] || undefined));
}
