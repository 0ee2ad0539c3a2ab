/** Signals to everything in a cgroup, and killing everything where the kernel has no order for it: v1, and v2 before Linux 5.14. */
import { setTimeout as delay } from "node:timers/promises";
import { isErrno } from "@eras/linux/errno.ts";
import { kill } from "@eras/linux/signals.ts";
import type { Cgroup } from "./cgroup.ts";

export const SIGKILL = 9;
const GIVE_UP_AFTER_MS = 10_000;

type Signalled = Pick<Cgroup, "path" | "freeze" | "thaw" | "pids">;

/**
 * Sends a signal to all processes of a cgroup.
 *
 * Signals alone lose a race: between reading the list and sending the signals a process forks, and its child is not on the list.
 * Frozen, nobody forks:
 *
 *     freeze ─▶ read cgroup.procs ─▶ signal each ─▶ thaw: each meets its signal before it runs another instruction
 *
 * A freeze that fails (a process in the middle of vfork can't stop) is no reason to spare the others.
 */
export async function signalFrozen(cgroup: Signalled, signal: number): Promise<void> {
  await cgroup.freeze().catch(() => {});
  try {
    for (const pid of cgroup.pids()) signalUnlessGone(pid, signal);
  } finally {
    cgroup.thaw();
  }
}

/**
 * Kills all processes of a cgroup and waits for their end. Whoever a round misses, the next one finds.
 *
 * @throws {Error} When a process doesn't die within ten seconds.
 */
export async function killFrozen(cgroup: Signalled): Promise<void> {
  const end = Date.now() + GIVE_UP_AFTER_MS;
  for (let pauseMs = 1; cgroup.pids().length > 0; pauseMs = Math.min(pauseMs * 2, 100)) {
    if (Date.now() > end) throw new Error(`Cannot kill the processes ${cgroup.pids().join(", ")} of ${cgroup.path}`);
    await signalFrozen(cgroup, SIGKILL);
    await delay(pauseMs); // dying takes a moment, and v1 has no event that tells of its end
  }
}

function signalUnlessGone(pid: number, signal: number): void {
  try {
    kill(pid, signal);
  } catch (error) {
    if (!isErrno(error, "ESRCH")) throw error;
  }
}
