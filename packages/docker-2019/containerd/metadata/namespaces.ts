/**
 * Namespaces: what one client sees of containerd. dockerd works in `moby`, ctr in `default`; each has containers, images, leases,
 * content and snapshots of its own. They keep names apart, not attackers: whoever may open the socket may name any namespace.
 *
 * Whatever is stored in a namespace brings it into being, so `create` is needed for labels only.
 */
import { AlreadyExists, FailedPrecondition, InvalidArgument, NotFound } from "@eras/oci-spec/errdefs.ts";
import { MAX_IDENTIFIER_LENGTH, quote, validateIdentifier } from "../identifiers.ts";
import { type Labels, maskedMap, validateLabels, withoutEmpty } from "../labels.ts";
import { entriesOf, hasEntries, type MetadataDb } from "./db.ts";
import { removeLease } from "./leases.ts";
import type { NamespaceRecord, Tables } from "./schema.ts";

export class Namespaces {
  readonly #db: MetadataDb;

  constructor(db: MetadataDb) {
    this.#db = db;
  }

  /**
   * @throws {InvalidArgument} When it can't be called so, or a label is too long.
   * @throws {AlreadyExists}
   */
  create(name: string, labels: Labels = {}): void {
    validateIdentifier(name);
    validateLabels(labels, "namespace.Labels");
    this.#db.update((tables) => {
      if (recordOf(tables, name) !== undefined) throw new AlreadyExists(`namespace ${quote(name)}: already exists`);
      tables.namespaces.put(name, { labels: withoutEmpty(labels) });
    });
  }

  /** Of one that does not exist: none. Clients look for labels before anything else is there. */
  labels(name: string): Labels {
    return recordOf(this.#db.tables, name)?.labels ?? {};
  }

  /** In the order of their names. */
  list(): string[] {
    return [...this.#db.tables.namespaces.getKeys()];
  }

  /**
   * Replaces labels: all of them, or those that `fieldPaths` names as `labels.NAME`.
   *
   * @throws {InvalidArgument} When a path names something else, or a label is too long.
   */
  update(name: string, labels: Labels, fieldPaths: readonly string[] = []): Labels {
    validateIdentifier(name);
    return this.#db.update((tables) => {
      const before = recordOf(tables, name)?.labels ?? {};
      const updated =
        fieldPaths.length === 0 ? labels : fieldPaths.reduce((now, path) => masked(now, path, labels), before);
      validateLabels(updated, "namespace.Labels");
      tables.namespaces.put(name, { labels: withoutEmpty(updated) });
      return withoutEmpty(updated);
    });
  }

  /**
   * Removes a namespace with its leases. Nothing else may be left in it.
   *
   * @throws {NotFound}
   * @throws {FailedPrecondition} `namespace "web" must be empty, but it still has images, blobs`
   */
  delete(name: string): void {
    this.#db.update((tables) => {
      const left = contentsOf(tables, name);
      if (left.length > 0)
        throw new FailedPrecondition(`namespace ${quote(name)} must be empty, but it still has ${left.join(", ")}`);
      if (recordOf(tables, name) === undefined) throw new NotFound(`namespace ${quote(name)}: not found`);
      tables.namespaces.remove(name);
      for (const { key } of entriesOf(tables.leases, name)) removeLease(tables, ...key);
      for (const { key } of entriesOf(tables.ingests, name)) tables.ingests.remove(key);
      this.#db.markDirty(); // its unfinished writes are in nobody's name now
    });
  }
}

/** To be called whenever something is stored in a namespace. */
export function ensureNamespace(tables: Tables, name: string): void {
  if (recordOf(tables, name) === undefined) tables.namespaces.put(name, { labels: {} });
}

/** What is longer than an identifier may be was never stored. */
function recordOf({ namespaces }: Tables, name: string): NamespaceRecord | undefined {
  return name.length > MAX_IDENTIFIER_LENGTH ? undefined : namespaces.get(name);
}

function masked(before: Labels, path: string, wanted: Labels): Labels {
  const labels = path === "labels" ? undefined : maskedMap("labels", path, before, wanted);
  if (labels === undefined) throw new InvalidArgument(`cannot update ${quote(path)} field`);
  return labels;
}

function contentsOf({ images, blobs, containers, snapshots }: Tables, namespace: string): string[] {
  const snapshotters = new Set(entriesOf(snapshots, namespace).map(({ key: [, snapshotter] }) => snapshotter));
  return [
    ...(hasEntries(images, namespace) ? ["images"] : []),
    ...(hasEntries(blobs, namespace) ? ["blobs"] : []),
    ...(hasEntries(containers, namespace) ? ["containers"] : []),
    ...[...snapshotters].map((snapshotter) => `snapshots on ${quote(snapshotter)} snapshotter`),
  ];
}
