/** Steps of 2019 that a run can't be held to. */
import { existsSync } from "node:fs";
import type { StepId } from "@eras/docker-2019/steps.ts";

/**
 * Taken at more than one place. Events are told all the time, and tasks are deleted before a start too, should a dockerd that was killed have
 * left one. A filter comes before privileges are dropped, unless no_new_privs is set.
 */
export const WITHOUT_PLACE: readonly StepId[] = [
  "containerd.tell-event",
  "containerd.delete-task",
  "runc.install-seccomp",
];

/** A label needs a security module. */
export function isPossibleHere(id: string): boolean {
  return id !== "runc.set-label" || existsSync("/sys/kernel/security/apparmor");
}
