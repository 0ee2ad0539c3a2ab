/**
 * Snapshots as whole copies: what works on every file system, and takes the room of a copy where the file system can't share blocks.
 *
 *     ROOT/
 *     ├─ metadata.mdb
 *     └─ snapshots/
 *        ├─ 1/     committed
 *        └─ 2/     active on 1: all of 1, copied
 *
 * A view needs no copy: it shows its parent's directory read-only.
 *
 * @see https://github.com/containerd/containerd/blob/v1.6.20/snapshots/native/native.go
 */
import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { copyTree } from "@eras/layers/copy-tree.ts";
import { removeTree } from "@eras/layers/remove-tree.ts";
import type { Mount } from "../../mounts.ts";
import { numberedDirectories } from "./directories.ts";
import { diskUsage } from "./disk-usage.ts";
import type { SnapshotRecord } from "./metastore.ts";
import type { SnapshotKind, SnapshotUsage } from "./snapshotter.ts";
import { type SnapshotFiles, StoredSnapshotter } from "./stored-snapshotter.ts";

const PRIVATE_MODE = 0o700;
/** What a container sees as its root directory, until a layer says otherwise. */
const ROOT_MODE = 0o755;

/** Opens the snapshotter `native`. */
export function openNative(root: string): StoredSnapshotter {
  return StoredSnapshotter.open(root, () => new NativeFiles(join(root, "snapshots")));
}

class NativeFiles implements SnapshotFiles {
  readonly #directory: string;

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true, mode: PRIVATE_MODE });
    this.#directory = directory;
  }

  ids(): number[] {
    return numberedDirectories(this.#directory);
  }

  async make(id: number, kind: SnapshotKind, parentIds: readonly number[]): Promise<void> {
    const parent = parentIds[0];
    if (kind === "view" && parent !== undefined) return;
    mkdirSync(this.#tree(id));
    chmodSync(this.#tree(id), ROOT_MODE); // the umask took some away
    if (parent !== undefined) await copyTree(this.#tree(parent), this.#tree(id));
  }

  mounts({ id, info, parentIds }: SnapshotRecord): Mount[] {
    const isActive = info.kind === "active";
    const source = this.#tree(isActive ? id : (parentIds[0] ?? id));
    return [{ type: "bind", source, options: ["rbind", isActive ? "rw" : "ro"] }];
  }

  usage(id: number): Promise<SnapshotUsage> {
    return diskUsage(this.#tree(id));
  }

  remove(id: number): Promise<void> {
    return removeTree(this.#tree(id));
  }

  #tree(id: number): string {
    return join(this.#directory, `${id}`);
  }
}
