/**
 * btrfs: each tree is a subvolume; a child is a snapshot of its parent, made at once, and shares all blocks with it until it is changed.
 *
 *     HOME/subvolumes/
 *     ├─ 976e…/     a bottom layer
 *     └─ 2f6c…/     a snapshot of it, and then changed
 *
 * @see https://github.com/moby/moby/blob/v19.03.0/daemon/graphdriver/btrfs/btrfs.go
 */
import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { removeTree } from "@eras/layers/remove-tree.ts";
import { createSubvolume, destroySubvolume, isSubvolume, snapshotSubvolume } from "@eras/linux/btrfs.ts";
import { FailedPrecondition } from "@eras/oci-spec/errdefs.ts";
import { backingFilesystem } from "./backing-filesystem.ts";
import type { GraphDriver } from "./driver.ts";
import { WholeTrees } from "./whole-trees.ts";

const HOME_MODE = 0o710;
/** What a container sees as its root directory, until a layer says otherwise. */
const ROOT_MODE = 0o755;

/**
 * Opens the driver.
 *
 * @param home - DATA-ROOT/btrfs
 * @throws {FailedPrecondition} When it isn't on btrfs.
 */
export function openBtrfs(home: string): GraphDriver {
  mkdirSync(home, { recursive: true, mode: HOME_MODE });
  const filesystem = backingFilesystem(home);
  if (filesystem !== "btrfs") {
    throw new FailedPrecondition(
      `prerequisites for driver not satisfied (wrong filesystem?): ${home} is on ${filesystem}`,
    );
  }
  return new WholeTrees("btrfs", join(home, "subvolumes"), { make, remove });
}

async function make(path: string, parent: string | undefined): Promise<void> {
  if (parent !== undefined) return snapshotSubvolume(parent, path);
  createSubvolume(path);
  chmodSync(path, ROOT_MODE); // the umask took some away
}

async function remove(path: string): Promise<void> {
  if (isSubvolume(path)) destroySubvolume(path);
  else await removeTree(path);
}
