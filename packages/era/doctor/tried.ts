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

const NAMESPACES = { mnt: "mount", uts: "uts", ipc: "ipc", pid: "pid" } as const satisfies Partial<
  Record<ProbeName, string>
>;

/** Those that each container has. @param program - That makes them. */
export function containerNamespaces(program: string): Tried[] {
  return Object.entries(NAMESPACES).map(([probe, name]) => ({
    probe: probe as keyof typeof NAMESPACES,
    capability: `${name} namespace`,
    neededBy: program,
    required: true,
    remedy: GIVE_CAPABILITIES,
  }));
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
