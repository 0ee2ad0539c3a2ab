/**
 * What is known about snapshots, beside the directories that hold their files.
 *
 *     metadata.mdb                       LMDB, where containerd has metadata.db, a bolt file: the same family
 *     ├─ schema     "version"         →  2
 *     ├─ snapshots  key or name       →  { id, kind, parent, labels, created, updated, usage }
 *     └─ children   [id, id of child] →  true
 *
 * An id is a number that also names the directory. Directory and record can't be made in one step, so there is an order: a directory
 * comes before its record and goes after it. An end at any moment then leaves directories too many, which `cleanup` of the
 * snapshotters removes, and never a record without its directory. An id is given once: what was left behind is in nobody's way.
 *
 * @see https://github.com/containerd/containerd/blob/v1.2.6/snapshots/storage/bolt.go
 */

import { AlreadyExists, FailedPrecondition, InvalidArgument, NotFound } from "@eras/oci-spec/errdefs.ts";
import type { Database } from "lmdb";
import { type UnixNano, unixNano } from "../../proto/timestamps.ts";
import { DatabaseFile } from "../database-file.ts";
import { type Labels, maskedMap, withoutEmpty } from "../labels.ts";
import type { SnapshotInfo, SnapshotKind, SnapshotUsage } from "./snapshotter.ts";

/** In version 1, times were milliseconds. */
const SCHEMA_VERSION = 2;
const TABLES = 3;
/** What LMDB takes for a key, less what its encoding may add. */
const MAX_KEY_BYTES = 3900;

/** A snapshot as it is stored. */
interface StoredSnapshot {
  readonly id: number;
  readonly kind: SnapshotKind;
  readonly parent?: string;
  readonly labels: Labels;
  readonly created: StoredTime;
  readonly updated: StoredTime;
  /** Of a committed one. */
  readonly usage?: SnapshotUsage;
}

/** Nanoseconds since 1970; by an older containerd, milliseconds. */
type StoredTime = UnixNano | number;

/** A snapshot with what its directories are called. */
export interface SnapshotRecord {
  readonly id: number;
  readonly info: SnapshotInfo;
  /** Of those below, the nearest first. */
  readonly parentIds: readonly number[];
  readonly usage: SnapshotUsage | undefined;
}

/** What a new snapshot shall be. */
export interface NewSnapshot {
  readonly key: string;
  readonly kind: "active" | "view";
  readonly parent: string | undefined;
  readonly labels: Labels;
}

export class Metastore {
  readonly #file: DatabaseFile;
  readonly #snapshots: Database<StoredSnapshot, string>;
  readonly #children: Database<true, [number, number]>;
  readonly #inMaking = new Set<number>();
  #lastId: number;

  /**
   * Opens the database, or makes it.
   *
   * @param usedIds - Of directories that are there, whether they are known or not.
   * @throws {FailedPrecondition} When it was made by a later version.
   */
  constructor(path: string, usedIds: readonly number[]) {
    this.#file = new DatabaseFile(path, TABLES);
    this.#snapshots = this.#file.environment.openDB({ name: "snapshots" });
    this.#children = this.#file.environment.openDB({ name: "children" });
    checkSchema(this.#file.environment.openDB<number, string>({ name: "schema" }), path);
    const ids = [...this.#snapshots.getRange()].map(({ value }) => value.id);
    this.#lastId = Math.max(0, ...ids, ...usedIds);
  }

  /** @throws {NotFound} */
  get(key: string): SnapshotRecord {
    const stored = this.#stored(key);
    return { id: stored.id, info: infoOf(key, stored), parentIds: this.#parentIds(stored), usage: stored.usage };
  }

  /** `get` of what can be mounted. @throws {FailedPrecondition} When it is committed. */
  getMountable(key: string): SnapshotRecord {
    const record = this.get(key);
    if (record.info.kind !== "committed") return record;
    throw new FailedPrecondition(`failed to get active mount: requested snapshot ${key} not active or view`);
  }

  /** All, in the order of their keys and names. */
  *all(): Generator<SnapshotInfo> {
    for (const { key, value } of [...this.#snapshots.getRange()]) yield infoOf(key, value);
  }

  /** What files are for, by their numbers. Those of a number that is missing here are left over. */
  uses(): Map<number, SnapshotKind | "being made"> {
    const stored = [...this.#snapshots.getRange()].map(({ value }) => [value.id, value.kind] as const);
    return new Map([...[...this.#inMaking].map((id) => [id, "being made"] as const), ...stored]);
  }

  /**
   * Makes a snapshot: its directory first, by `makeDirectory`, then the record.
   *
   * @param takeBack - Removes the directory, when it turns out that there can be no such snapshot.
   * @throws {AlreadyExists | NotFound | InvalidArgument} As `prepare` of a snapshotter.
   */
  async create(
    wanted: NewSnapshot,
    makeDirectory: (id: number, parentIds: readonly number[]) => Promise<void>,
    takeBack: (id: number) => Promise<void>,
  ): Promise<SnapshotRecord> {
    this.#checkNew(wanted);
    const id = ++this.#lastId;
    this.#inMaking.add(id);
    try {
      await makeDirectory(id, this.#parentIds(wanted));
      this.#file.change(() => this.#put(id, wanted));
    } catch (error) {
      await takeBack(id);
      throw error;
    } finally {
      this.#inMaking.delete(id);
    }
    return this.get(wanted.key);
  }

  /** Makes the record of an active snapshot that of a committed one. @throws As `commit` of a snapshotter. */
  async commit(name: string, key: string, labels: Labels, usage: SnapshotUsage): Promise<void> {
    this.#file.change(() => {
      const { id, parent } = this.checkCommit(name, key);
      const now = unixNano();
      this.#snapshots.remove(key);
      this.#snapshots.put(name, {
        id,
        kind: "committed",
        ...parentField(parent),
        labels,
        created: now,
        updated: now,
        usage,
      });
    });
  }

  /** What `commit` would say. */
  checkCommit(name: string, key: string): { id: number; parent: string | undefined } {
    const { id, kind, parent } = this.#stored(key);
    if (kind !== "active")
      throw new FailedPrecondition(`failed to commit snapshot: snapshot ${JSON.stringify(key)} is not active`);
    this.#checkFree(name);
    return { id, parent };
  }

  /**
   * Forgets a snapshot.
   *
   * @returns Its id: the record is gone for good, its directory may go too.
   * @throws {NotFound | FailedPrecondition} As `remove` of a snapshotter.
   */
  async remove(key: string): Promise<number> {
    return this.#file.change(() => {
      const stored = this.#stored(key);
      if (this.#hasChildren(stored.id)) throw new FailedPrecondition("cannot remove snapshot with child");
      this.#snapshots.remove(key);
      if (stored.parent !== undefined) this.#children.remove([this.#stored(stored.parent).id, stored.id]);
      return stored.id;
    });
  }

  /** @throws {NotFound | InvalidArgument} As `update` of a snapshotter. */
  async update(key: string, labels: Labels, fieldPaths: readonly string[]): Promise<SnapshotInfo> {
    const stored = this.#file.change(() => {
      const before = this.#stored(key);
      const after = { ...before, labels: updatedLabels(before.labels, labels, fieldPaths), updated: unixNano() };
      this.#snapshots.put(key, after);
      return after;
    });
    return infoOf(key, stored);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  #stored(key: string): StoredSnapshot {
    const stored = isKey(key) ? this.#snapshots.get(key) : undefined;
    if (stored === undefined) throw new NotFound(`snapshot ${key} does not exist`);
    return stored;
  }

  #checkNew({ key, parent }: NewSnapshot): void {
    this.#checkFree(key);
    if (parent === undefined) return;
    const below = this.#snapshots.get(parent);
    if (below === undefined) throw new NotFound(`parent snapshot ${parent} does not exist`);
    if (below.kind !== "committed") {
      throw new InvalidArgument(
        `failed to create snapshot: parent ${JSON.stringify(parent)} is not committed snapshot`,
      );
    }
  }

  #checkFree(key: string): void {
    if (!isKey(key)) {
      throw new InvalidArgument(`snapshot key ${JSON.stringify(key)} must have 1 to ${MAX_KEY_BYTES} bytes`);
    }
    if (this.#snapshots.doesExist(key)) throw new AlreadyExists(`snapshot ${JSON.stringify(key)}: already exists`);
  }

  /** Within a transaction: others may have come first while the directory was made. */
  #put(id: number, wanted: NewSnapshot): void {
    this.#checkNew(wanted);
    const { key, kind, parent, labels } = wanted;
    const now = unixNano();
    this.#snapshots.put(key, { id, kind, ...parentField(parent), labels, created: now, updated: now });
    if (parent !== undefined) this.#children.put([this.#stored(parent).id, id], true);
  }

  #parentIds({ parent }: { readonly parent?: string | undefined }): number[] {
    const ids: number[] = [];
    for (let name = parent; name !== undefined; ) {
      const stored = this.#stored(name);
      ids.push(stored.id);
      name = stored.parent;
    }
    return ids;
  }

  #hasChildren(id: number): boolean {
    return this.#children.getKeysCount({ start: [id, 0], end: [id + 1, 0], limit: 1 }) > 0;
  }
}

function checkSchema(schema: Database<number, string>, path: string): void {
  const version = schema.get("version");
  if (version !== undefined && version > SCHEMA_VERSION) {
    throw new FailedPrecondition(
      `Cannot open ${path}: it has version ${version}, this program knows up to ${SCHEMA_VERSION}`,
    );
  }
  if (version !== SCHEMA_VERSION) schema.putSync("version", SCHEMA_VERSION); // what is there can be read as it is
}

function isKey(key: string): boolean {
  return key !== "" && Buffer.byteLength(key) <= MAX_KEY_BYTES;
}

function updatedLabels(before: Labels, wanted: Labels, fieldPaths: readonly string[]): Labels {
  let labels = fieldPaths.length === 0 ? wanted : before;
  for (const path of fieldPaths) {
    const masked = maskedMap("labels", path, labels, wanted);
    if (masked === undefined) throw new InvalidArgument(`cannot update ${JSON.stringify(path)} field on snapshot`);
    labels = masked;
  }
  return withoutEmpty(labels);
}

/** No field, where there is no parent. */
function parentField(parent: string | undefined): { parent?: string } {
  return parent === undefined ? {} : { parent };
}

function infoOf(name: string, { kind, parent, labels, created, updated }: StoredSnapshot): SnapshotInfo {
  return { kind, name, ...parentField(parent), labels, created: unixNanoOf(created), updated: unixNanoOf(updated) };
}

function unixNanoOf(stored: StoredTime): UnixNano {
  return typeof stored === "bigint" ? stored : BigInt(stored) * 1_000_000n;
}
