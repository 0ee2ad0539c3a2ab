/** One containerd a root: two would write the same database, and each take the other's tasks for dead ones. */
import { openSync } from "node:fs";
import { join } from "node:path";
import { tryLockExclusively } from "@eras/linux/flock.ts";
import { Unavailable } from "@eras/oci-spec/errdefs.ts";

/** Locks a root, which is there, for as long as this process lives. @throws {Unavailable} When another containerd has it. */
export function lockRoot(root: string): void {
  const path = join(root, "lock");
  const fd = openSync(path, "a", 0o600); // stays open
  if (!tryLockExclusively(fd)) throw new Unavailable(`Cannot use ${root}: another containerd does (${path} is locked)`);
}
