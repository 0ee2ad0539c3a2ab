/**
 * Snapshots as subvolumes of btrfs: a child is a snapshot of its parent, made at once, and shares all blocks with it until it is changed.
 *
 *     ROOT/                     on btrfs
 *     ├─ metadata.mdb
 *     └─ snapshots/
 *        ├─ 1/     subvolume 256, read-only since it was committed
 *        ├─ 2/     subvolume 258, active: a snapshot of 1
 *        └─ 3/     subvolume 259, a view: the same, mounted read-only
 *
 * containerd moves subvolumes between active/, view/ and snapshots/ as their kind changes. They are mounted by their number, so the
 * place makes no difference to anybody, and here each stays where it was made.
 *
 * @see https://github.com/containerd/containerd/blob/v1.6.20/snapshots/btrfs/btrfs.go
 */
import { chmodSync, closeSync, constants, lstatSync, mkdirSync, openSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { encodeName } from "@eras/layers/file-name.ts";
import { removeTree } from "@eras/layers/remove-tree.ts";
import { treeChanges } from "@eras/layers/tree-changes.ts";
import {
  BTRFS_SUPER_MAGIC,
  createSubvolume,
  destroySubvolume,
  isSubvolume,
  setReadOnly,
  snapshotSubvolume,
  subvolumeId,
} from "@eras/linux/btrfs.ts";
import { readMountinfo } from "@eras/linux/mountinfo.ts";
import { filesystemType } from "@eras/linux/statfs.ts";
import { FailedPrecondition } from "@eras/oci-spec/errdefs.ts";
import type { Mount } from "../../mounts.ts";
import { numberedDirectories } from "./directories.ts";
import { diskUsage, UsageCounter } from "./disk-usage.ts";
import type { SnapshotRecord } from "./metastore.ts";
import type { SnapshotKind, SnapshotUsage } from "./snapshotter.ts";
import { type SnapshotFiles, StoredSnapshotter } from "./stored-snapshotter.ts";

const PRIVATE_MODE = 0o700;
/** What a container sees as its root directory, until a layer says otherwise. */
const ROOT_MODE = 0o755;

/**
 * Opens the snapshotter `btrfs`.
 *
 * @throws {FailedPrecondition} When the directory isn't on btrfs.
 */
export function openBtrfs(root: string): StoredSnapshotter {
  return StoredSnapshotter.open(root, () => new BtrfsFiles(join(root, "snapshots")));
}

class BtrfsFiles implements SnapshotFiles {
  readonly #directory: string;
  readonly #device: string;

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true, mode: PRIVATE_MODE });
    this.#directory = directory;
    this.#device = deviceOf(directory);
  }

  ids(): number[] {
    return numberedDirectories(this.#directory);
  }

  async make(id: number, _kind: SnapshotKind, parentIds: readonly number[]): Promise<void> {
    const parent = parentIds[0];
    if (parent !== undefined) return snapshotSubvolume(this.#tree(parent), this.#tree(id));
    createSubvolume(this.#tree(id));
    chmodSync(this.#tree(id), ROOT_MODE); // the umask took some away
  }

  mounts({ id, info }: SnapshotRecord): Mount[] {
    const options = [`subvolid=${subvolumeId(this.#tree(id))}`, ...(info.kind === "view" ? ["ro"] : [])];
    return [{ type: "btrfs", source: this.#device, options }];
  }

  /** What differs from the parent: the file system counts shared blocks for each of their owners. */
  async usage(id: number, parentIds: readonly number[]): Promise<SnapshotUsage> {
    const parent = parentIds[0];
    if (parent === undefined) return await diskUsage(this.#tree(id));
    const counter = new UsageCounter();
    for (const { kind, path } of await treeChanges(this.#tree(parent), this.#tree(id))) {
      const stats = kind === "D" ? undefined : lstatSync(encodeName(this.#tree(id) + path), { throwIfNoEntry: false });
      if (stats) counter.add(stats);
    }
    return counter.usage;
  }

  seal(id: number): void {
    setReadOnly(this.#tree(id), true);
  }

  async remove(id: number): Promise<void> {
    const tree = this.#tree(id);
    if (isSubvolume(tree)) destroySubvolume(tree);
    else await removeTree(tree);
  }

  #tree(id: number): string {
    return join(this.#directory, `${id}`);
  }
}

/** The device that a directory's file system is on, which has to be btrfs. */
function deviceOf(directory: string): string {
  const fd = openSync(directory, constants.O_RDONLY);
  try {
    if (filesystemType(fd) !== BTRFS_SUPER_MAGIC) {
      throw new FailedPrecondition(`Cannot keep btrfs snapshots in ${directory}: it is on another file system`);
    }
  } finally {
    closeSync(fd);
  }
  const path = realpathSync(directory);
  const mounts = readMountinfo().filter(({ mountPoint }) =>
    `${path}/`.startsWith(mountPoint === "/" ? "/" : `${mountPoint}/`),
  );
  return mounts.reduce((a, b) => (b.mountPoint.length >= a.mountPoint.length ? b : a)).source;
}
