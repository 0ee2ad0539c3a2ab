/**
 * A copy of an image's snapshot whose files belong to other ids: those that a user namespace has for the image's.
 *
 *     sha256:207f…                         files of uid 0
 *     └─ sha256:207f…-100000-200000        the same files, of uid 100000 and gid 200000: what a mapped container sees as 0
 */
import { lchownSync, lstatSync, mkdtempSync, readdirSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { umount } from "@eras/linux/mount.ts";
import type { LinuxIDMapping } from "@eras/oci-spec/runtime/config-linux.ts";
import type { Containerd } from "../containerd.ts";
import { hasSnapshot } from "../image/unpack.ts";
import { mountAll } from "../mount.ts";

/** Makes the copy if it isn't there. @returns Its name. */
export async function remapSnapshot(
  containerd: Containerd,
  snapshotter: string,
  parent: string,
  uids: LinuxIDMapping,
  gids: LinuxIDMapping,
): Promise<string> {
  const name = `${parent}-${uids.hostID}-${gids.hostID}`;
  if (await hasSnapshot(containerd, snapshotter, name)) return name;
  const key = `${name}-remap`;
  const { mounts } = await containerd.snapshots.prepare({ snapshotter, key, parent });
  try {
    const root = mkdtempSync(join(tmpdir(), "ctr-remap-"));
    try {
      mountAll(mounts, root);
      shiftOwners(root, uids.hostID - uids.containerID, gids.hostID - gids.containerID);
      umount(root);
    } finally {
      rmdirSync(root);
    }
    await containerd.snapshots.commit({ snapshotter, name, key });
  } catch (error) {
    await containerd.snapshots.remove({ snapshotter, key });
    throw error;
  }
  return name;
}

function shiftOwners(path: string, uidShift: number, gidShift: number): void {
  const stats = lstatSync(path);
  lchownSync(path, stats.uid + uidShift, stats.gid + gidShift);
  if (!stats.isDirectory()) return;
  for (const name of readdirSync(path)) shiftOwners(join(path, name), uidShift, gidShift);
}
