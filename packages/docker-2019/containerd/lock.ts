/** One containerd a root: two would write the same database, and each take the other's tasks for dead ones. */
import { mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { tryLockExclusively } from "@eras/linux/flock.ts";
import { Unavailable } from "@eras/oci-spec/errdefs.ts";

/** Locks a root for as long as this process lives. @throws {Unavailable} When another containerd has it. */
export function lockRoot(root: string): void {
  mkdirSync(root, { recursive: true, mode: 0o711 });
  const path = join(root, "lock");
  const fd = openSync(path, "a", 0o600); // stays open
  if (!tryLockExclusively(fd)) throw new Unavailable(`Cannot use ${root}: another containerd does (${path} is locked)`);
}
