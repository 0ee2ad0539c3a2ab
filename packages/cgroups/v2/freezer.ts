/**
 * The freezer: no controller on v2, every cgroup has it. Unlike v1's, frozen processes can be killed.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html#core-interface-files
 */
import type { FreezerState } from "../cgroup.ts";
import { ifPresent, readFlatKeyed, readNumber, writeControlFile } from "../control-file.ts";
import { reachesState } from "./events.ts";

const GIVE_UP_AFTER_MS = 2_000;

/**
 * Stops the processes.
 *
 * @throws {Error} When some don't stop within two seconds; they are let go again.
 */
export async function freeze(dir: string): Promise<void> {
  writeControlFile(dir, "cgroup.freeze", 1);
  if (await reachesState(dir, "frozen", 1, GIVE_UP_AFTER_MS)) return;
  thaw(dir);
  throw new Error(`Cannot freeze ${dir}: processes don't stop`);
}

/** Lets the processes run again. */
export function thaw(dir: string): void {
  writeControlFile(dir, "cgroup.freeze", 0);
}

/** What the cgroup was told itself; that an ancestor is frozen doesn't count. A cgroup that is gone is THAWED. */
export function readFreezerState(dir: string): FreezerState {
  if (ifPresent(() => readNumber(dir, "cgroup.freeze")) !== 1) return "THAWED";
  return ifPresent(() => readFlatKeyed(dir, "cgroup.events").frozen) === 0 ? "FREEZING" : "FROZEN";
}
