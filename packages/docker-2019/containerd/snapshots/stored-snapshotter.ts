/**
 * A snapshotter put together: metastore.ts knows which snapshots there are, a `SnapshotFiles` where their files lie and how they are
 * mounted. So the order of steps that keeps both in accord is here, once.
 */
import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { syncfs } from "@eras/linux/syncfs.ts";
import type { Mount } from "../../mounts.ts";
import { parseFilters } from "../filters.ts";
import type { Labels } from "../labels.ts";
import { Metastore, type SnapshotRecord } from "./metastore.ts";
import {
  fieldOfSnapshot,
  type SnapshotInfo,
  type SnapshotKind,
  type Snapshotter,
  type SnapshotUsage,
} from "./snapshotter.ts";

/** The files of snapshots, each snapshot's under its number. */
export interface SnapshotFiles {
  /** The numbers that files are there for, half-made ones too. */
  ids(): number[];
  /** Makes what the parents have, nearest first, appear under a new number. */
  make(id: number, kind: SnapshotKind, parentIds: readonly number[]): Promise<void>;
  mounts(snapshot: SnapshotRecord): Mount[];
  usage(id: number, parentIds: readonly number[]): Promise<SnapshotUsage>;
  /** Called for a snapshot that has just been committed, and again by a clean-up. */
  seal?(id: number): void;
  /** Removes what is there under a number, if anything is. */
  remove(id: number): Promise<void>;
}

const PRIVATE_MODE = 0o700;
const NO_USAGE: SnapshotUsage = { inodes: 0, sizeBytes: 0 };

export class StoredSnapshotter implements Snapshotter {
  readonly #root: string;
  readonly #store: Metastore;
  readonly #files: SnapshotFiles;

  private constructor(root: string, store: Metastore, files: SnapshotFiles) {
    this.#root = root;
    this.#store = store;
    this.#files = files;
  }

  /**
   * Opens a snapshotter's directory, or makes it.
   *
   * @param openFiles - Told the directory.
   */
  static open(root: string, openFiles: (root: string) => SnapshotFiles): StoredSnapshotter {
    mkdirSync(root, { recursive: true, mode: PRIVATE_MODE });
    const files = openFiles(root);
    return new StoredSnapshotter(root, new Metastore(join(root, "metadata.mdb"), files.ids()), files);
  }

  async stat(key: string): Promise<SnapshotInfo> {
    return this.#store.get(key).info;
  }

  async update(key: string, labels: Labels, fieldPaths: readonly string[] = []): Promise<SnapshotInfo> {
    return await this.#store.update(key, labels, fieldPaths);
  }

  async usage(key: string): Promise<SnapshotUsage> {
    const { id, info, parentIds, usage } = this.#store.get(key);
    if (info.kind === "active") return await this.#files.usage(id, parentIds);
    return usage ?? NO_USAGE; // a view has nothing of its own
  }

  async mounts(key: string): Promise<Mount[]> {
    return this.#files.mounts(this.#store.getMountable(key));
  }

  prepare(key: string, parent: string | undefined, labels: Labels = {}): Promise<Mount[]> {
    return this.#create(key, "active", parent, labels);
  }

  view(key: string, parent: string | undefined, labels: Labels = {}): Promise<Mount[]> {
    return this.#create(key, "view", parent, labels);
  }

  async #create(key: string, kind: "active" | "view", parent: string | undefined, labels: Labels): Promise<Mount[]> {
    const made = await this.#store.create(
      { key, kind, parent, labels },
      (id, parentIds) => this.#files.make(id, kind, parentIds),
      (id) => this.#files.remove(id),
    );
    return this.#files.mounts(made);
  }

  async commit(name: string, key: string, labels: Labels = {}): Promise<void> {
    this.#store.checkCommit(name, key); // before the long walk
    const { id, parentIds } = this.#store.get(key);
    const usage = await this.#files.usage(id, parentIds);
    await this.#syncFiles(); // before the record: after a loss of power, too, what is committed is whole
    await this.#store.commit(name, key, labels, usage);
    this.#files.seal?.(id);
  }

  /** All at once: 10 000 files, one fsync each, would take minutes. */
  async #syncFiles(): Promise<void> {
    const fd = openSync(this.#root, "r");
    try {
      await syncfs(fd);
    } finally {
      closeSync(fd);
    }
  }

  async remove(key: string): Promise<void> {
    await this.#files.remove(await this.#store.remove(key));
  }

  async *walk(filters: readonly string[] = []): AsyncGenerator<SnapshotInfo> {
    const matches = parseFilters(filters);
    for (const info of this.#store.all()) if (matches(fieldOfSnapshot(info))) yield info;
  }

  async cleanup(): Promise<void> {
    const uses = this.#store.uses();
    for (const id of this.#files.ids()) {
      const use = uses.get(id);
      if (use === undefined) await this.#files.remove(id);
      else if (use === "committed") this.#files.seal?.(id);
    }
  }

  async close(): Promise<void> {
    await this.#store.close();
  }
}
