/**
 * The freezer controller: stops processes without their noticing, where SIGSTOP can be seen and undone by others.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v1/freezer-subsystem.html
 */
import { setTimeout as delay } from "node:timers/promises";
import { readControlFile, writeControlFile } from "../control-file.ts";

const GIVE_UP_AFTER_MS = 2_000;

/**
 * Stops the processes. The order is carried out when each next enters the kernel: until all have, the state reads FREEZING, and there
 * is no event that tells of the change. A process forked at the wrong moment is missed, so the order is repeated.
 *
 * @throws {Error} When some don't stop within two seconds; they are let go again.
 */
export async function freeze(dir: string): Promise<void> {
  const end = Date.now() + GIVE_UP_AFTER_MS;
  for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, 50)) {
    writeControlFile(dir, "freezer.state", "FROZEN");
    if (readControlFile(dir, "freezer.state") === "FROZEN") return;
    if (Date.now() > end) {
      thaw(dir);
      throw new Error(`Cannot freeze ${dir}: processes don't stop`);
    }
    await delay(pauseMs);
  }
}

/** Lets the processes run again. */
export function thaw(dir: string): void {
  writeControlFile(dir, "freezer.state", "THAWED");
}
