/**
 * The snapshots of a namespace: its own keys for those of a snapshotter that all namespaces share.
 *
 * A snapshotter knows one space of names. There a snapshot of ours is called NAMESPACE/NUMBER/KEY, with a number that is given only
 * once: so nobody gets another's, and what a crash has left is never mistaken for something new. `remove` only forgets; the files go
 * with the next garbage collection.
 *
 * Order, against an end at any moment: the snapshot is made before its record, and the record goes before the snapshot. Between the two
 * lies an await. What is in the making stands in a list meanwhile, which the garbage collector heeds.
 *
 * @see https://github.com/containerd/containerd/blob/v1.2.6/metadata/snapshot.go
 */

import { AlreadyExists, FailedPrecondition, InvalidArgument, NotFound } from "@eras/oci-spec/errdefs.ts";
import type { Mount } from "../../mounts.ts";
import { unixNano } from "../../proto/timestamps.ts";
import { parseFilters } from "../filters.ts";
import { quote } from "../identifiers.ts";
import { type Labels, maskedMap, validateLabels, withoutEmpty } from "../labels.ts";
import { fieldOfSnapshot, type SnapshotInfo, type Snapshotter, type SnapshotUsage } from "../snapshots/snapshotter.ts";
import { entriesOf, type MetadataDb, recordAt, validateKey } from "./db.ts";
import { dropFromLease, keepUnderLease, type Leased } from "./leases.ts";
import { ensureNamespace } from "./namespaces.ts";
import type { SnapshotRecord, Tables } from "./schema.ts";

/** These labels are for the snapshotter too. */
const INHERITED_LABEL = /^containerd\.io\/snapshot(\/|\.ref$)/;
/** Names the committed snapshot that is going to come of an active one. */
const TARGET_LABEL = "containerd.io/snapshot.ref";

/** A snapshot that is being made or committed. */
interface Making {
  readonly namespace: string;
  /** What it will be called in the snapshotter. */
  readonly name: string;
  /** The key of one that is needed for it: the parent, or the one that is being committed. */
  readonly needs: string | undefined;
}

/** What the views of all namespaces have in common. */
interface Shared {
  readonly db: MetadataDb;
  /** Of the snapshotter: `overlayfs`. */
  readonly name: string;
  readonly backend: Snapshotter;
  readonly making: Set<Making>;
}

/** The snapshots of all namespaces in one snapshotter. */
export class MetadataSnapshotter {
  readonly #shared: Shared;

  constructor(db: MetadataDb, name: string, backend: Snapshotter) {
    this.#shared = { db, name, backend, making: new Set() };
  }

  get name(): string {
    return this.#shared.name;
  }

  /** Those of one namespace. What is made there is kept by the lease, if one is named. */
  in(namespace: string, leased: Leased = {}): NamespaceSnapshotter {
    return new NamespaceSnapshotter(this.#shared, namespace, leased);
  }

  /** Snapshots that must stay for what is just being made of them. */
  needed(): { namespace: string; key: string }[] {
    return [...this.#shared.making].flatMap(({ namespace, needs }) =>
      needs === undefined ? [] : [{ namespace, key: needs }],
    );
  }

  /** Removes from the snapshotter what no namespace has. @returns The snapshotter's names of what is gone. */
  async sweep(): Promise<string[]> {
    const { backend } = this.#shared;
    const gone: string[] = [];
    for (const { name } of leavesFirst(await Array.fromAsync(backend.walk()))) {
      if (this.#isKnown(name)) continue;
      await backend.remove(name).catch(undefinedIfGone); // committed since, under another name
      gone.push(name);
    }
    await backend.cleanup();
    return gone;
  }

  #isKnown(name: string): boolean {
    const { db, making, name: snapshotter } = this.#shared;
    const [namespace = "", , ...key] = name.split("/");
    if ([...making].some((one) => one.name === name)) return true;
    return recordAt(db.tables.snapshots, namespace, snapshotter, key.join("/"))?.name === name;
  }
}

/** A snapshotter as one namespace sees it. */
export class NamespaceSnapshotter implements Omit<Snapshotter, "cleanup" | "close"> {
  readonly #shared: Shared;
  readonly #namespace: string;
  readonly #leased: Leased;

  constructor(shared: Shared, namespace: string, leased: Leased) {
    this.#shared = shared;
    this.#namespace = namespace;
    this.#leased = leased;
  }

  async stat(key: string): Promise<SnapshotInfo> {
    return this.#withRecord(key, await this.#shared.backend.stat(this.#record(key).name));
  }

  async update(key: string, wanted: Labels, fieldPaths: readonly string[] = []): Promise<SnapshotInfo> {
    const { name } = this.#shared.db.update((tables) => {
      const before = this.#record(key);
      let labels = fieldPaths.length === 0 ? wanted : before.labels;
      for (const path of fieldPaths) labels = maskedLabels(labels, path, wanted, key);
      validateLabels(labels, "info.Labels");
      return this.#put(tables, key, { ...before, labels: withoutEmpty(labels), updatedAt: unixNano() });
    });
    await this.#shared.backend.update(name, inheritedLabels(this.#record(key).labels));
    return this.stat(key);
  }

  async usage(key: string): Promise<SnapshotUsage> {
    return this.#shared.backend.usage(this.#record(key).name);
  }

  async mounts(key: string): Promise<Mount[]> {
    return this.#shared.backend.mounts(this.#record(key).name);
  }

  async prepare(key: string, parent: string | undefined, labels: Labels = {}): Promise<Mount[]> {
    return this.#create("prepare", key, parent, labels);
  }

  async view(key: string, parent: string | undefined, labels: Labels = {}): Promise<Mount[]> {
    return this.#create("view", key, parent, labels);
  }

  async commit(name: string, key: string, labels: Labels = {}): Promise<void> {
    validateLabels(labels, "info.Labels");
    this.#checkFree(name);
    const active = this.#record(key);
    await this.#making(name, key, async (storedName) => {
      await this.#shared.backend.commit(storedName, active.name, inheritedLabels(labels));
      this.#shared.db.update((tables) => {
        this.#checkFree(name);
        this.#put(tables, name, newRecord(storedName, active.parent, labels));
        keepUnderLease(tables, this.#namespace, this.#leased, this.#resource(name));
        this.#forget(tables, key);
      });
    });
  }

  async remove(key: string): Promise<void> {
    this.#shared.db.update((tables) => {
      this.#record(key);
      const siblings = entriesOf(tables.snapshots, this.#namespace, this.#shared.name);
      if (siblings.some(({ value }) => value.parent === key))
        throw new FailedPrecondition("cannot remove snapshot with child");
      this.#forget(tables, key);
      this.#shared.db.markDirty();
    });
  }

  async *walk(filters: readonly string[] = []): AsyncGenerator<SnapshotInfo> {
    const matches = parseFilters(filters);
    const records = entriesOf(this.#shared.db.tables.snapshots, this.#namespace, this.#shared.name);
    for (const { key, value } of records) {
      const stored = await this.#shared.backend.stat(value.name).catch(undefinedIfGone);
      if (stored === undefined) continue;
      const info = withRecord(key[2], value, stored);
      if (matches(fieldOfSnapshot(info))) yield info;
    }
  }

  async #create(kind: "prepare" | "view", key: string, parent: string | undefined, labels: Labels): Promise<Mount[]> {
    validateLabels(labels, "info.Labels");
    const target = labels[TARGET_LABEL];
    if (target !== undefined) this.#checkFree(target);
    this.#checkFree(key);
    const parentName = parent === undefined ? undefined : this.#parent(parent).name;
    return this.#making(key, parent, async (name) => {
      const mounts = await this.#shared.backend[kind](name, parentName, inheritedLabels(labels));
      this.#shared.db.update((tables) => {
        this.#checkFree(key); // somebody may have been faster
        if (parent !== undefined) this.#parent(parent);
        ensureNamespace(tables, this.#namespace);
        this.#put(tables, key, newRecord(name, parent, labels));
        keepUnderLease(tables, this.#namespace, this.#leased, this.#resource(key));
      });
      return mounts;
    });
  }

  /** Makes a snapshot under a name of its own. Without a record in the end, the next sweep removes it. */
  async #making<T>(key: string, needs: string | undefined, make: (name: string) => Promise<T>): Promise<T> {
    const { db, making } = this.#shared;
    validateKey(this.#namespace, this.#shared.name, key);
    const one = { namespace: this.#namespace, name: `${this.#namespace}/${db.nextNumber()}/${key}`, needs };
    making.add(one);
    try {
      return await make(one.name);
    } catch (cause) {
      db.update(() => db.markDirty());
      throw cause;
    } finally {
      making.delete(one);
    }
  }

  #record(key: string): SnapshotRecord {
    const record = recordAt(this.#shared.db.tables.snapshots, this.#namespace, this.#shared.name, key);
    if (record === undefined) throw new NotFound(`snapshot ${key} does not exist: not found`);
    return record;
  }

  #parent(key: string): SnapshotRecord {
    const record = recordAt(this.#shared.db.tables.snapshots, this.#namespace, this.#shared.name, key);
    if (record === undefined) throw new NotFound(`parent snapshot ${key} does not exist: not found`);
    return record;
  }

  #checkFree(key: string): void {
    if (key === "") throw new InvalidArgument("snapshot key must not be empty");
    if (recordAt(this.#shared.db.tables.snapshots, this.#namespace, this.#shared.name, key) !== undefined)
      throw new AlreadyExists(`snapshot ${quote(key)}: already exists`);
  }

  #put({ snapshots }: Tables, key: string, record: SnapshotRecord): SnapshotRecord {
    snapshots.put([this.#namespace, this.#shared.name, key], record);
    return record;
  }

  #forget(tables: Tables, key: string): void {
    tables.snapshots.remove([this.#namespace, this.#shared.name, key]);
    dropFromLease(tables, this.#namespace, this.#leased, this.#resource(key));
  }

  #resource(key: string) {
    return { type: `snapshots/${this.#shared.name}`, id: key };
  }

  #withRecord(key: string, stored: SnapshotInfo): SnapshotInfo {
    return withRecord(key, this.#record(key), stored);
  }
}

/** What the snapshotter knows of a snapshot, with the names of the namespace. */
function withRecord(key: string, record: SnapshotRecord, stored: SnapshotInfo): SnapshotInfo {
  const { parent, labels, createdAt, updatedAt } = record;
  return {
    kind: stored.kind,
    name: key,
    ...(parent !== undefined && { parent }),
    labels: { ...stored.labels, ...labels },
    created: createdAt,
    updated: updatedAt,
  };
}

function newRecord(name: string, parent: string | undefined, labels: Labels): SnapshotRecord {
  const now = unixNano();
  return {
    name,
    ...(parent !== undefined && { parent }),
    labels: withoutEmpty(labels),
    createdAt: now,
    updatedAt: now,
  };
}

function inheritedLabels(labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => INHERITED_LABEL.test(name)));
}

function maskedLabels(before: Labels, path: string, wanted: Labels, key: string): Labels {
  const labels = maskedMap("labels", path, before, wanted);
  if (labels === undefined) throw new InvalidArgument(`cannot update ${quote(path)} field on snapshot ${quote(key)}`);
  return labels;
}

/** Snapshots in an order in which they can be removed. */
function leavesFirst(infos: readonly SnapshotInfo[]): SnapshotInfo[] {
  const parents = new Map(infos.map(({ name, parent }) => [name, parent]));
  const depthOf = (name: string | undefined): number => (name === undefined ? 0 : 1 + depthOf(parents.get(name)));
  return infos.toSorted((a, b) => depthOf(b.name) - depthOf(a.name));
}

/** For what was listed and is gone since. */
function undefinedIfGone(error: unknown): undefined {
  if (!(error instanceof NotFound)) throw error;
}
