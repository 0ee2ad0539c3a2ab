/**
 * Graph drivers: where the files of layers lie, and how a stack of layers becomes the one tree that a container sees.
 *
 *     create A            create B on A           get B ─▶ a path that shows A with B on top        put B
 *       │                   │
 *     apply A's tar       apply B's tar           the same of createReadWrite, for a container
 *
 * A driver knows nothing of images. It keeps trees under names that its caller gives them, each with at most one parent; what the names
 * mean, and which trees are in use, is in layer/.
 *
 * @see https://github.com/moby/moby/blob/v19.03.0/daemon/graphdriver/driver.go
 */
import type { Change } from "@eras/layers/diff.ts";

/** Options of `docker run --storage-opt`: `size`. */
export type StorageOptions = Readonly<Record<string, string>>;

export interface GraphDriver {
  /** `overlay2`; a directory of the data root has the same name. */
  readonly name: string;

  /** What `docker info` says of it, in pairs. */
  status(): (readonly [name: string, value: string])[];

  /** The names of all trees. */
  ids(): string[];

  exists(id: string): boolean;

  /** Makes an empty tree, or one that at first is as its parent. @throws {Error} `max depth exceeded`, and half-made is removed. */
  create(id: string, parent?: string): Promise<void>;

  /** `create` for what a container writes to. @throws {InvalidArgument} When an option isn't supported. */
  createReadWrite(id: string, parent: string | undefined, options: StorageOptions): Promise<void>;

  /**
   * Shows a tree with all below it. Calls are counted: the mount lasts until `put` was called as often.
   *
   * @returns Where it is to be seen, absolute.
   * @throws {NotFound} When there is no such tree.
   */
  get(id: string): string;

  /** Takes back one `get`. */
  put(id: string): void;

  /** Removes a tree that nobody uses; does nothing when there is none. */
  remove(id: string): Promise<void>;

  /**
   * Unpacks a layer into a tree that was just made.
   *
   * @param tar - Uncompressed. Read to its end.
   * @throws {ArchiveError} When it is damaged or hostile: the tree is half-made, remove it.
   */
  apply(id: string, parent: string | undefined, tar: AsyncIterable<Uint8Array>): Promise<void>;

  /** What leads from the parent to this tree, as a layer's tar: what `apply` takes. */
  diff(id: string, parent: string | undefined): AsyncIterable<Uint8Array>;

  /** The same as a list: `docker diff`. */
  changes(id: string, parent: string | undefined): Promise<Change[]>;

  /** Bytes that this tree adds to its parent: of files, whatever blocks they take. */
  size(id: string, parent: string | undefined): Promise<number>;

  /** Where the files are that the layer brought, and maybe others: for reading them again without a mount. */
  layerDirectory(id: string): string;

  /** Paths, for `GraphDriver.Data` of `docker inspect`; null when there is nothing to tell. */
  data(id: string): Readonly<Record<string, string>> | null;
}
