/** For tests: mounts that nobody else sees. */
import { mkdtempSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MS_PRIVATE, MS_REC, mount } from "@eras/linux/mount.ts";
import { CLONE_NEWNS, unshare } from "@eras/linux/namespaces.ts";
import { onTestFinished } from "vitest";
import { type Mount, mountAll, unmountAll } from "../../mounts.ts";

let hasOwnMounts = false;

/** Takes this test process to a mount namespace of its own: what is mounted is seen by nobody else, and gone when it ends. */
export function ownMounts(): void {
  if (hasOwnMounts) return;
  hasOwnMounts = true;
  unshare(CLONE_NEWNS);
  mount(null, "/", null, MS_PRIVATE | MS_REC, null);
}

/** Mounts, acts and unmounts. */
export async function mounted<T>(mounts: readonly Mount[], act: (root: string) => T): Promise<Awaited<T>> {
  const root = mkdtempSync(join(tmpdir(), "eras-mounted-"));
  try {
    mountAll(mounts, root);
    return await act(root);
  } finally {
    unmountAll(root);
    rmdirSync(root);
  }
}

/** A new directory that is gone after the test. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), "eras-snapshots-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}
