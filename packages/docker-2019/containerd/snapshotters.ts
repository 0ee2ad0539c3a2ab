/** The snapshotters that this host can have, under the names by which clients ask for them. */

import { log } from "./log.ts";
import type { MetadataDb } from "./metadata/db.ts";
import { MetadataSnapshotter } from "./metadata/snapshots.ts";
import { snapshotterDir } from "./paths.ts";
import { openBtrfs } from "./snapshots/btrfs.ts";
import { openNative } from "./snapshots/native.ts";
import { openOverlay } from "./snapshots/overlay.ts";
import type { Snapshotter } from "./snapshots/snapshotter.ts";

const OPENERS: Readonly<Record<string, (root: string) => Snapshotter>> = {
  overlayfs: openOverlay,
  native: openNative,
  btrfs: openBtrfs,
};

export interface OpenSnapshotters {
  readonly snapshotters: readonly MetadataSnapshotter[];
  /** Why the host can't have one, by name; undefined of those that it has. */
  readonly failures: Readonly<Record<string, string | undefined>>;
  close(): Promise<void>;
}

/** Opens all that can be opened. One that can't is told of in the log, and to whoever lists plugins. */
export function openSnapshotters(root: string, db: MetadataDb): OpenSnapshotters {
  const failures: Record<string, string | undefined> = {};
  const opened: [string, Snapshotter][] = [];
  for (const [name, open] of Object.entries(OPENERS)) {
    try {
      opened.push([name, open(snapshotterDir(root, name))]);
      failures[name] = undefined;
    } catch (error) {
      failures[name] = `${(error as Error).message}: skip plugin`; // the words that tell ctr that it is no misfortune
      log("info", `skip loading snapshotter "${name}"`, { error: (error as Error).message });
    }
  }
  return {
    snapshotters: opened.map(([name, backend]) => new MetadataSnapshotter(db, name, backend)),
    failures,
    close: async () => {
      for (const [, backend] of opened) await backend.close();
    },
  };
}
