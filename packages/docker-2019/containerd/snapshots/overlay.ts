/**
 * Snapshots as layers of overlayfs: each one is a directory that holds what differs from those below, and the kernel shows the stack.
 *
 *     ROOT/
 *     ├─ metadata.mdb
 *     └─ snapshots/
 *        ├─ 1/  fs/  work/      committed: fs is the layer        work/ is overlayfs's own place, beside each layer that was writable
 *        ├─ 2/  fs/  work/      committed on top of 1
 *        └─ 3/  fs/  work/      active:    index=off, workdir=3/work, upperdir=3/fs, lowerdir=2/fs:1/fs
 *
 * What is mounted is the least that shows the tree: a directory alone needs no overlay but a bind.
 *
 *     active, no parent    bind rw 3/fs           view, no parent          bind ro 3/fs      (empty)
 *     active, parents      overlay as above       view, one parent         bind ro 1/fs
 *                                                 view, more parents       overlay of lowerdir alone: read-only
 *
 * @see https://docs.kernel.org/filesystems/overlayfs.html
 * @see https://github.com/containerd/containerd/blob/v1.6.20/snapshots/overlay/overlay.go
 */
import { chmodSync, chownSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { removeTree } from "@eras/layers/remove-tree.ts";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Mount } from "../../mounts.ts";
import { numberedDirectories } from "./directories.ts";
import { diskUsage } from "./disk-usage.ts";
import type { SnapshotRecord } from "./metastore.ts";
import type { SnapshotKind, SnapshotUsage } from "./snapshotter.ts";
import { type SnapshotFiles, StoredSnapshotter } from "./stored-snapshotter.ts";

const PRIVATE_MODE = 0o700;
/** What a container sees as its root directory, until a layer says otherwise. */
const ROOT_MODE = 0o755;
/** overlayfs does the rest: nobody else has to look inside. */
const WORK_MODE = 0o711;

/**
 * Opens the snapshotter `overlayfs`.
 *
 * @throws {InvalidArgument} When the path has a colon or a comma, which mean something else among an overlay's options.
 */
export function openOverlay(root: string): StoredSnapshotter {
  if (/[:,]/.test(root)) throw new InvalidArgument(`Cannot keep overlay snapshots in ${root}: no colon, no comma`);
  return StoredSnapshotter.open(root, () => new OverlayFiles(join(root, "snapshots")));
}

class OverlayFiles implements SnapshotFiles {
  readonly #directory: string;
  readonly #commonOptions: readonly string[];

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true, mode: PRIVATE_MODE });
    this.#directory = directory;
    // Without an index a layer may serve many mounts at once.
    this.#commonOptions = ["index=off", ...(isInUserNamespace() ? ["userxattr"] : [])];
  }

  ids(): number[] {
    return numberedDirectories(this.#directory);
  }

  async make(id: number, kind: SnapshotKind, parentIds: readonly number[]): Promise<void> {
    mkdirSync(join(this.#directory, `${id}`), { mode: PRIVATE_MODE });
    makeDirectory(this.#layer(id), ROOT_MODE);
    const parent = parentIds[0];
    if (parent !== undefined) copyOwner(this.#layer(parent), this.#layer(id)); // the upper directory's owner is the one that shows
    if (kind === "active") makeDirectory(this.#work(id), WORK_MODE);
  }

  mounts({ id, info, parentIds }: SnapshotRecord): Mount[] {
    const isActive = info.kind === "active";
    const [parent, ...further] = parentIds;
    if (parent === undefined) return bind(this.#layer(id), isActive ? "rw" : "ro");
    if (!isActive && further.length === 0) return bind(this.#layer(parent), "ro");
    const writable = [`workdir=${this.#work(id)}`, `upperdir=${this.#layer(id)}`];
    const lowers = parentIds.map((lower) => this.#layer(lower)).join(":");
    const options = [...this.#commonOptions, ...(isActive ? writable : []), `lowerdir=${lowers}`];
    return [{ type: "overlay", source: "overlay", options }];
  }

  usage(id: number): Promise<SnapshotUsage> {
    return diskUsage(this.#layer(id));
  }

  remove(id: number): Promise<void> {
    return removeTree(join(this.#directory, `${id}`));
  }

  #layer(id: number): string {
    return join(this.#directory, `${id}`, "fs");
  }

  #work(id: number): string {
    return join(this.#directory, `${id}`, "work");
  }
}

function bind(source: string, access: "rw" | "ro"): Mount[] {
  return [{ type: "bind", source, options: [access, "rbind"] }];
}

/** mkdir(2) takes the umask away from the mode. */
function makeDirectory(path: string, mode: number): void {
  mkdirSync(path);
  chmodSync(path, mode);
}

function copyOwner(from: string, to: string): void {
  const { uid, gid } = statSync(from);
  chownSync(to, uid, gid);
}

/** There, overlayfs may not keep its marks as `trusted.` attributes, and keeps them as `user.` ones: Linux 5.11. */
function isInUserNamespace(): boolean {
  const [inside, outside, count] = readFileSync("/proc/self/uid_map", "utf8").trim().split(/\s+/).map(Number);
  return !(inside === 0 && outside === 0 && count === ALL_IDS);
}

const ALL_IDS = 2 ** 32 - 1;
