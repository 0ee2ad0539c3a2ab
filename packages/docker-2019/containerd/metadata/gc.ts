/**
 * The garbage collector: mark and sweep.
 *
 *     mark      from the roots along the references: what is reached is kept
 *     clean     records that were not reached go, in the same transaction: nothing can come in between
 *     sweep     blobs, ingests and snapshots that no record names go, one after the other, while life goes on
 *
 * The sweep asks again before each single removal whether the thing is still in nobody's name: it may have been written anew meanwhile.
 * What is in the making has no record yet, but stands in the lists of content.ts and snapshots.ts.
 */
import type { MetadataContent } from "./content.ts";
import type { MetadataDb } from "./db.ts";
import { collectable, type GcNode, nodeId, referencesOf, rootsOf } from "./gc-graph.ts";
import { removeLease } from "./leases.ts";
import type { Tables } from "./schema.ts";
import type { MetadataSnapshotter } from "./snapshots.ts";

/** What a collection did. */
export interface GcStats {
  /** How long the database stood still, in milliseconds. */
  readonly pauseMs: number;
  /** Records that went. */
  readonly removed: readonly GcNode[];
  /** Blobs that went from the store. */
  readonly sweptDigests: readonly string[];
  /** Snapshots that went, by their names in the snapshotters. */
  readonly sweptSnapshots: readonly string[];
}

/** What can be swept. */
export interface GcStores {
  readonly content: MetadataContent;
  readonly snapshotters: readonly MetadataSnapshotter[];
}

export class GarbageCollector {
  readonly #db: MetadataDb;
  readonly #stores: GcStores;
  /** What a crash has left behind, or a collection that failed, is to be swept too. */
  #isSweepDue = true;

  constructor(db: MetadataDb, stores: GcStores) {
    this.#db = db;
    this.#stores = stores;
  }

  /** Collects once. Calls must follow each other. @throws {Error} When something can't be removed; the next collection tries again. */
  async collect(): Promise<GcStats> {
    const startedMs = performance.now();
    const wasDirty = this.#db.isDirty;
    const removed = this.#db.clean((tables) => this.#removeUnmarked(tables));
    const pauseMs = performance.now() - startedMs;
    this.#isSweepDue ||= wasDirty || removed.length > 0;
    const swept = this.#isSweepDue ? await this.#sweep() : { sweptDigests: [], sweptSnapshots: [] };
    this.#isSweepDue = false;
    return { pauseMs, removed, ...swept };
  }

  #removeUnmarked(tables: Tables): GcNode[] {
    const marked = mark(tables, [...rootsOf(tables, new Date()), ...this.#inUse(tables)]);
    const unmarked = [...collectable(tables)].filter((node) => !marked.has(nodeId(node)));
    for (const node of unmarked) removeRecord(tables, node);
    return unmarked;
  }

  /** What is being worked with just now, whatever else keeps it. */
  *#inUse(tables: Tables): Generator<GcNode> {
    const { content, snapshotters } = this.#stores;
    for (const [namespace, ref] of tables.ingests.getKeys())
      if (content.isWriting(namespace, ref)) yield { type: "ingest", namespace, key: [ref] };
    for (const snapshotter of snapshotters)
      for (const { namespace, key } of snapshotter.needed())
        yield { type: "snapshot", namespace, key: [snapshotter.name, key] };
  }

  async #sweep(): Promise<Pick<GcStats, "sweptDigests" | "sweptSnapshots">> {
    const { content, snapshotters } = this.#stores;
    const { digests } = await content.sweep();
    const swept = await Promise.all(snapshotters.map((snapshotter) => snapshotter.sweep()));
    return { sweptDigests: digests, sweptSnapshots: swept.flat() };
  }
}

/** The ids of all that can be reached. */
function mark(tables: Tables, roots: readonly GcNode[]): Set<string> {
  const marked = new Set<string>();
  const visited = new Set<string>(); // a thing may be reached by a flat way first, and then by one that goes on
  const grey = [...roots];
  for (let node = grey.pop(); node !== undefined; node = grey.pop()) {
    const id = nodeId(node);
    const visit = node.flat ? `flat ${id}` : id;
    if (visited.has(visit)) continue;
    visited.add(visit);
    marked.add(id);
    grey.push(...referencesOf(tables, node));
  }
  return marked;
}

function removeRecord(tables: Tables, { type, namespace, key }: GcNode): void {
  const [first = "", second = ""] = key;
  if (type === "lease") removeLease(tables, namespace, first);
  else if (type === "content") tables.blobs.remove([namespace, first]);
  else if (type === "ingest") tables.ingests.remove([namespace, first]);
  else tables.snapshots.remove([namespace, first, second]);
}
