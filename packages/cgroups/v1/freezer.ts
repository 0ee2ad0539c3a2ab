/**
 * The freezer controller: stops processes without their noticing, where SIGSTOP can be seen and undone by others.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v1/freezer-subsystem.html
 */
import { setTimeout as delay } from "node:timers/promises";
import type { FreezerState } from "../cgroup.ts";
import { ifPresent, readControlFile, readNumber, writeControlFile } from "../control-file.ts";

const GIVE_UP_AFTER_MS = 2_000;
/** Where processes keep appearing, from forks or from outside, it helps to let all go once in a while and begin anew. */
const TRIES_BETWEEN_THAWS = 20;

/**
 * Stops the processes. The order is carried out when each next enters the kernel: until all have, the state reads FREEZING, and there
 * is no event that tells of the change. A process forked at the wrong moment is missed, so the order is repeated.
 *
 * @throws {Error} When some don't stop within two seconds; they are let go again.
 */
export async function freeze(dir: string): Promise<void> {
  const end = Date.now() + GIVE_UP_AFTER_MS;
  for (let tries = 1; !isStopped(dir); tries++) {
    if (tries % TRIES_BETWEEN_THAWS === 0) thaw(dir);
    if (Date.now() > end) {
      thaw(dir);
      throw new Error(`Cannot freeze ${dir}: processes don't stop`);
    }
    await delay(Math.min(2 ** (tries - 1), 50));
  }
}

function isStopped(dir: string): boolean {
  writeControlFile(dir, "freezer.state", "FROZEN");
  return readControlFile(dir, "freezer.state") === "FROZEN";
}

/** Lets the processes run again. */
export function thaw(dir: string): void {
  writeControlFile(dir, "freezer.state", "THAWED");
}

/** What the cgroup was told itself; that an ancestor is frozen doesn't count. A cgroup that is gone is THAWED. */
export function readFreezerState(dir: string): FreezerState {
  const state = ifPresent(() => readControlFile(dir, "freezer.state") as FreezerState) ?? "THAWED";
  return state !== "THAWED" && readNumber(dir, "freezer.self_freezing") === 1 ? state : "THAWED";
}
