/**
 * What keeps what: the graph that the garbage collector walks.
 *
 *     image ────────────▶ content ─(labels)─▶ content, snapshot
 *     container ────────▶ snapshot ─────────▶ its parent, (labels) …
 *     lease ────────────▶ content, snapshot, ingest
 *     ingest ───────────▶ the content it will be, when another namespace has it already
 *
 * Images and containers are roots, and so are leases that have not expired, ingests that are young or being written, and whatever has
 * the label `containerd.io/gc.root`. Edges are labels: containerd does not look into manifests, the client that wrote a blob says what
 * it needs.
 *
 *     containerd.io/gc.ref.content[.WORD]                 = DIGEST        of an image, a container, a blob, a snapshot
 *     containerd.io/gc.ref.snapshot.SNAPSHOTTER[/WORD]    = KEY           likewise
 *     containerd.io/gc.expire                             = RFC 3339 time of a lease
 *     containerd.io/gc.flat                               = anything      of a lease: labels of what it keeps are not followed
 *
 * @see https://github.com/containerd/containerd/blob/v1.2.6/docs/garbage-collection.md
 */
import type { Labels } from "../labels.ts";
import { entriesOf, recordAt } from "./db.ts";
import type { Tables } from "./schema.ts";

const ROOT_LABEL = "containerd.io/gc.root";
const EXPIRE_LABEL = "containerd.io/gc.expire";
const FLAT_LABEL = "containerd.io/gc.flat";
const CONTENT_REF_LABEL = /^containerd\.io\/gc\.ref\.content(?:[./].*)?$/s;
const SNAPSHOT_REF_LABEL = /^containerd\.io\/gc\.ref\.snapshot\.([^/]*)(?:\/.*)?$/s;

/** Something that can be kept or collected. */
export interface GcNode {
  readonly type: "content" | "snapshot" | "ingest" | "lease";
  readonly namespace: string;
  /** A digest; a snapshotter and a key; a ref; a lease's id. */
  readonly key: readonly string[];
  /** Whether the labels of what it leads to are not followed. */
  readonly flat?: boolean;
}

/** One text for each thing. */
export function nodeId({ type, namespace, key }: GcNode): string {
  return JSON.stringify([type, namespace, ...key]);
}

/** What is kept for its own sake, by what is in the database. */
export function* rootsOf(tables: Tables, now: Date): Generator<GcNode> {
  yield* leaseRoots(tables, now);
  for (const { key, value } of entriesOf(tables.images)) {
    yield { type: "content", namespace: key[0], key: [value.target.digest] };
    yield* labelReferences(key[0], value.labels);
  }
  for (const { key, value } of entriesOf(tables.containers)) {
    if (value.snapshotter !== "")
      yield { type: "snapshot", namespace: key[0], key: [value.snapshotter, value.snapshotKey] };
    yield* labelReferences(key[0], value.labels);
  }
  for (const { key, value } of entriesOf(tables.ingests))
    if (value.expiresAt !== undefined && value.expiresAt >= now)
      yield { type: "ingest", namespace: key[0], key: [key[1]] };
  for (const { key, value } of entriesOf(tables.blobs))
    if (ROOT_LABEL in value.labels) yield { type: "content", namespace: key[0], key: [key[1]] };
  for (const { key, value } of entriesOf(tables.snapshots))
    if (ROOT_LABEL in value.labels) yield { type: "snapshot", namespace: key[0], key: [key[1], key[2]] };
}

/** What a thing keeps. What does not exist keeps nothing. */
export function* referencesOf(tables: Tables, node: GcNode): Generator<GcNode> {
  const { type, namespace, key, flat = false } = node;
  const [first = "", second = ""] = key;
  if (type === "content" && !flat) {
    yield* labelReferences(namespace, recordAt(tables.blobs, namespace, first)?.labels ?? {});
  } else if (type === "snapshot") {
    const { parent, labels = {} } = recordAt(tables.snapshots, namespace, first, second) ?? {};
    if (parent !== undefined) yield { type, namespace, key: [first, parent], flat };
    if (!flat) yield* labelReferences(namespace, labels);
  } else if (type === "ingest") {
    const expected = recordAt(tables.ingests, namespace, first)?.expected;
    if (expected !== undefined) yield { type: "content", namespace, key: [expected] };
  }
}

/** All that could be collected. */
export function* collectable(tables: Tables): Generator<GcNode> {
  for (const { key } of entriesOf(tables.leases)) yield { type: "lease", namespace: key[0], key: [key[1]] };
  for (const { key } of entriesOf(tables.snapshots))
    yield { type: "snapshot", namespace: key[0], key: [key[1], key[2]] };
  for (const { key } of entriesOf(tables.ingests)) yield { type: "ingest", namespace: key[0], key: [key[1]] };
  for (const { key } of entriesOf(tables.blobs)) yield { type: "content", namespace: key[0], key: [key[1]] };
}

function* leaseRoots({ leases, resources }: Tables, now: Date): Generator<GcNode> {
  for (const { key, value } of entriesOf(leases)) {
    const [namespace, lease] = key;
    if (hasExpired(value.labels, now)) continue;
    const flat = FLAT_LABEL in value.labels;
    yield { type: "lease", namespace, key: [lease] };
    for (const { key: resource } of entriesOf(resources, namespace, lease)) {
      const [, , type, id] = resource;
      if (type === "content") yield { type, namespace, key: [id], flat };
      else if (type === "ingests") yield { type: "ingest", namespace, key: [id] };
      else yield { type: "snapshot", namespace, key: [type.slice("snapshots/".length), id], flat };
    }
  }
}

/** A lease whose time can't be read does not expire: rather too much is kept than too little. */
function hasExpired(labels: Labels, now: Date): boolean {
  const text = labels[EXPIRE_LABEL];
  return text !== undefined && RFC3339.test(text) && Date.parse(text) < now.getTime();
}

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

function* labelReferences(namespace: string, labels: Labels): Generator<GcNode> {
  for (const [label, value] of Object.entries(labels)) {
    if (CONTENT_REF_LABEL.test(label)) yield { type: "content", namespace, key: [value] };
    const [, snapshotter] = SNAPSHOT_REF_LABEL.exec(label) ?? [];
    if (snapshotter !== undefined) yield { type: "snapshot", namespace, key: [snapshotter, value] };
  }
}
