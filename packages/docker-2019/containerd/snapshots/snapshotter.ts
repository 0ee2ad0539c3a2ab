/**
 * Snapshots: directory trees in stacks. An image is a stack of committed ones, a container has an active one on top of it.
 *
 * Three kinds, and two words for what names them. A *key* names a snapshot that is in use, a *name* one that is finished; both are in
 * one space of names, so that none is both.
 *
 *     prepare(key, parent) ─▶ active ──commit(name, key)──▶ committed        the key is free again, the name is a parent for others
 *     view(key, parent)    ─▶ view                                           read-only, never committed
 *
 * The life of an image of two layers and of a container:
 *
 *     mounts = prepare("extract-1", undefined)    an empty directory, as something that can be mounted
 *     …mount, unpack layer A, unmount…
 *     commit("A", "extract-1")                    from now on A does not change
 *     prepare("extract-2", "A")                   all that A has, writable, and A stays as it is
 *     …unpack layer B…
 *     commit("A+B", "extract-2")
 *     prepare("web", "A+B")                       the container's root; the shim mounts it
 *     usage("web")                                what it has written
 *     remove("web")                               the container is gone
 *     remove("A+B"), remove("A")                  in this order: what has children stays
 *
 * Nothing here mounts: the one who asks gets mounts and makes use of them. How much a snapshot costs, and what its mounts look like, is
 * each snapshotter's affair: overlay.ts stacks directories, native.ts copies them, btrfs.ts lets the file system share the blocks.
 *
 * @see https://github.com/containerd/containerd/blob/v1.2.6/snapshots/snapshotter.go
 */

import type { Mount } from "../../mounts.ts";
import type { UnixNano } from "../../proto/timestamps.ts";
import { type FieldOf, fieldOfMap } from "../filters.ts";
import type { Labels } from "../labels.ts";

export type SnapshotKind = "view" | "active" | "committed";

/** What is known about a snapshot without looking at its files. */
export interface SnapshotInfo {
  readonly kind: SnapshotKind;
  /** The key or the name. */
  readonly name: string;
  /** The name of the committed one below, if there is one. */
  readonly parent?: string;
  readonly labels: Labels;
  readonly created: UnixNano;
  readonly updated: UnixNano;
}

/** What a snapshot takes of the disk, those below it not counted where the snapshotter can tell them apart. */
export interface SnapshotUsage {
  /** Files, each counted once however many names it has. */
  readonly inodes: number;
  /** Of the disk, not of the files: a hole takes nothing. */
  readonly sizeBytes: number;
}

/** A way to keep stacks of trees. All of it survives a restart, and an end at any moment leaves either the state before or that after. */
export interface Snapshotter {
  /** @throws {NotFound} When no snapshot has this key or name. */
  stat(key: string): Promise<SnapshotInfo>;

  /**
   * Replaces labels, the only thing about a snapshot that may change.
   *
   * @param labels - All of them, with `fieldPaths` absent or holding `labels`; else values for those that `labels.NAME` in it name,
   * where one that is missing or empty is taken away.
   * @throws {InvalidArgument} When a path names something else.
   * @throws {NotFound} When no snapshot has this key or name.
   */
  update(key: string, labels: Labels, fieldPaths?: readonly string[]): Promise<SnapshotInfo>;

  /** Of an active one as it is now, which takes a walk through its files; of a committed one as it was then. @throws {NotFound} */
  usage(key: string): Promise<SnapshotUsage>;

  /**
   * How to mount an active snapshot or a view, again.
   *
   * @throws {NotFound} When none has this key.
   * @throws {FailedPrecondition} When it is committed: it may only be mounted through a view.
   */
  mounts(key: string): Promise<Mount[]>;

  /**
   * Makes an active snapshot: the files of `parent`, or none.
   *
   * @returns How to mount it; mounted at most once at a time.
   * @throws {AlreadyExists} When the key is taken, as a key or a name.
   * @throws {NotFound} When there is no such parent.
   * @throws {InvalidArgument} When the parent isn't committed, or the key is empty.
   */
  prepare(key: string, parent: string | undefined, labels?: Labels): Promise<Mount[]>;

  /** As `prepare`, but read-only. */
  view(key: string, parent: string | undefined, labels?: Labels): Promise<Mount[]>;

  /**
   * Makes an active snapshot a committed one, as it is now. It should not be mounted any more.
   *
   * @param labels - Those of the active one are not kept.
   * @throws {NotFound} When no snapshot has the key.
   * @throws {AlreadyExists} When the name is taken.
   * @throws {FailedPrecondition} When it is a view or committed already.
   */
  commit(name: string, key: string, labels?: Labels): Promise<void>;

  /**
   * Removes a snapshot of any kind with its files.
   *
   * @throws {NotFound} When none has the key or name.
   * @throws {FailedPrecondition} When it is the parent of another one.
   */
  remove(key: string): Promise<void>;

  /**
   * Yields snapshots, in the order of their keys and names: those that were there when the walk began.
   *
   * @param filters - See filters.ts; the fields are `kind`, `name`, `parent` and `labels`.
   * @throws {InvalidArgument} When a filter can't be read.
   */
  walk(filters?: readonly string[]): AsyncIterable<SnapshotInfo>;

  /** Removes files that belong to no snapshot: of a removal or a making that was cut short. */
  cleanup(): Promise<void>;

  /** Lets go of the database. Mounts that were handed out stay good. */
  close(): Promise<void>;
}

/** The fields of a snapshot that filters can ask for. */
export function fieldOfSnapshot({ kind, name, parent, labels }: SnapshotInfo): FieldOf {
  return ([field, ...rest]) => {
    if (field === "kind") return kind;
    if (field === "name") return name;
    if (field === "parent") return parent;
    return field === "labels" ? fieldOfMap(labels, rest) : undefined;
  };
}
