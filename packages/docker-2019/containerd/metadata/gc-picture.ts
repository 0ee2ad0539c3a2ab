/**
 * For tests: what a containerd may keep, drawn at random, and which of it must stay, found the long way round.
 *
 * There are content 0…5 and snapshots 0…5 of one snapshotter, all in one namespace.
 */
import fc from "fast-check";

/** What labels say. */
export interface Marks {
  readonly root: boolean;
  readonly content: readonly number[];
  readonly snapshots: readonly number[];
}

export interface Picture {
  readonly content: readonly Marks[];
  /** The parent is an earlier one. */
  readonly snapshots: readonly (Marks & { readonly parent: number | undefined })[];
  readonly images: readonly (Marks & { readonly target: number })[];
  readonly containers: readonly (Marks & { readonly snapshot: number })[];
  readonly leases: readonly PicturedLease[];
}

export interface PicturedLease {
  readonly expired: boolean;
  readonly flat: boolean;
  readonly content: readonly number[];
  readonly snapshots: readonly number[];
}

const COUNT = 6;
const number = fc.nat(COUNT - 1);
const few = fc.uniqueArray(number, { maxLength: 2 });
const seldom = fc.nat(9).map((n) => n === 0);
const marks = { root: seldom, content: few, snapshots: few };

/** Any picture. Not all that is drawn need be reachable, and some edges lead in circles. */
export const pictures: fc.Arbitrary<Picture> = fc.record({
  content: fc.array(fc.record(marks), { minLength: COUNT, maxLength: COUNT }),
  snapshots: fc
    .array(fc.record({ ...marks, parent: fc.option(number, { nil: undefined }) }), {
      minLength: COUNT,
      maxLength: COUNT,
    })
    .map((all) =>
      all.map((one, i) => ({ ...one, parent: one.parent !== undefined && one.parent < i ? one.parent : undefined })),
    ),
  images: fc.array(fc.record({ ...marks, target: number }), { maxLength: 2 }),
  containers: fc.array(fc.record({ ...marks, snapshot: number }), { maxLength: 2 }),
  leases: fc.array(fc.record({ expired: fc.boolean(), flat: fc.boolean(), content: few, snapshots: few }), {
    maxLength: 3,
  }),
});

/** What must stay, as `content 3`, `snapshot 0`, `lease 1`. */
export function whatStays(picture: Picture): Set<string> {
  const kept = new Set<string>();
  const bare = new Set<string>(); // kept by a flat lease: itself, and what a snapshot stands on
  const keep = ({ content, snapshots }: { content: readonly number[]; snapshots: readonly number[] }, into = kept) => {
    for (const i of content) into.add(`content ${i}`);
    for (const i of snapshots) into.add(`snapshot ${i}`);
  };
  for (const [i, { root }] of picture.content.entries()) if (root) kept.add(`content ${i}`);
  for (const [i, { root }] of picture.snapshots.entries()) if (root) kept.add(`snapshot ${i}`);
  for (const image of picture.images) keep({ ...image, content: [...image.content, image.target] });
  for (const container of picture.containers)
    keep({ ...container, snapshots: [...container.snapshots, container.snapshot] });
  for (const lease of picture.leases) if (!lease.expired) keep(lease, lease.flat ? bare : kept);
  for (let round = 0; round < COUNT * 4; round++) {
    for (const [i, one] of picture.content.entries()) if (kept.has(`content ${i}`)) keep(one);
    for (const [i, one] of picture.snapshots.entries()) {
      if (kept.has(`snapshot ${i}`)) keep({ ...one, snapshots: [...one.snapshots, one.parent ?? i] });
      if (bare.has(`snapshot ${i}`)) bare.add(`snapshot ${one.parent ?? i}`);
    }
  }
  for (const [i, { expired }] of picture.leases.entries()) if (!expired) kept.add(`lease ${i}`);
  return kept.union(bare);
}

/** The labels that say what marks mean. */
export function labelsOf(
  marks: Marks,
  digestOf: (content: number) => string,
  snapshotter: string,
): Readonly<Record<string, string>> {
  return {
    ...(marks.root && { "containerd.io/gc.root": "yes" }),
    ...Object.fromEntries(marks.content.map((i, n) => [contentLabel(n), digestOf(i)])),
    ...Object.fromEntries(marks.snapshots.map((i, n) => [snapshotLabel(snapshotter, n), snapshotKey(i)])),
  };
}

export function leaseLabels({ expired, flat }: PicturedLease): Readonly<Record<string, string>> {
  return {
    "containerd.io/gc.expire": expired ? "2001-01-01T00:00:00Z" : "2999-12-31T23:59:59.5+01:00",
    ...(flat && { "containerd.io/gc.flat": "2026" }),
  };
}

export function snapshotKey(snapshot: number): string {
  return `key ${snapshot}`;
}

/** The first one has no word behind it. */
function contentLabel(n: number): string {
  return n === 0 ? "containerd.io/gc.ref.content" : `containerd.io/gc.ref.content.l.${n}`;
}

function snapshotLabel(snapshotter: string, n: number): string {
  return n === 0 ? `containerd.io/gc.ref.snapshot.${snapshotter}` : `containerd.io/gc.ref.snapshot.${snapshotter}/${n}`;
}
