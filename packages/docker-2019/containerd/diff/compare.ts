/**
 * Makes a layer of the difference between two snapshots: what, applied to the one, gives the other.
 *
 * Overlays that have all but the topmost directory in common differ in what that one holds; nothing else is looked at, and nothing is
 * mounted. Of all other mounts, both trees are walked.
 *
 *     before  lowerdir=2:1      after  upperdir=3, lowerdir=2:1      the answer lies in 3
 *     before  bind 1            after  lowerdir=2:1                  … in 2
 *
 * @see https://github.com/containerd/containerd/blob/v1.6.20/diff/walking/differ.go
 */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip, createZstdCompress } from "node:zlib";
import { archiveChanges } from "@eras/layers/archive.ts";
import { changes } from "@eras/layers/diff.ts";
import { treeChanges } from "@eras/layers/tree-changes.ts";
import { type Digest, Digester } from "@eras/oci-spec/digest.ts";
import { NotImplemented } from "@eras/oci-spec/errdefs.ts";
import type { Descriptor } from "@eras/oci-spec/image/descriptor.ts";
import { type LayerCompression, layerCompression, OCI_LAYER_GZIP } from "@eras/oci-spec/image/media-types.ts";
import type { Mount } from "../../mounts.ts";
import { hashed } from "./hashed.ts";
import { layersOf, withMounted } from "./mounted.ts";

/** A label of a compressed layer: its diffID. */
export const UNCOMPRESSED_LABEL = "containerd.io/uncompressed";

/** Where the layer goes, and how. */
export interface LayerOutput {
  /** OCI's gzip by default. */
  readonly mediaType?: string | undefined;
  /** Takes the bytes, one piece after the other. */
  readonly writer: { write(bytes: Uint8Array): Promise<void> };
  /** A directory to mount in. */
  readonly temporary: string;
}

/** A layer that was made. */
export interface ComparedLayer {
  readonly layer: Descriptor;
  /** Of the tar inside; for the label UNCOMPRESSED_LABEL. */
  readonly diffId: Digest;
}

/**
 * Writes the layer that leads from one snapshot to another.
 *
 * @param before - As a snapshotter gave it, of a view; nothing at all for an empty tree.
 * @param after - Of a view or an active snapshot; nobody changes it meanwhile.
 * @throws {NotImplemented} When the media type is not that of a layer.
 */
export async function compare(
  before: readonly Mount[],
  after: readonly Mount[],
  { mediaType = OCI_LAYER_GZIP, writer, temporary }: LayerOutput,
): Promise<ComparedLayer> {
  const compression = layerCompression(mediaType);
  if (compression === undefined) throw new NotImplemented(`unsupported diff media type: ${mediaType}`);
  const [inside, outside] = [new Digester(), new Digester()];
  await withDifference(before, after, temporary, (tar) =>
    pipeline([
      Readable.from(hashed(tar, inside), { objectMode: false }),
      ...compressors(compression),
      async (packed: AsyncIterable<Uint8Array>) => {
        for await (const piece of hashed(packed, outside)) await writer.write(piece);
      },
    ]),
  );
  return { layer: { mediaType, digest: outside.digest(), size: outside.size }, diffId: inside.digest() };
}

function compressors(compression: LayerCompression) {
  if (compression === "none") return [];
  return [compression === "gzip" ? createGzip() : createZstdCompress()];
}

/** Gives `use` the layer as a tar. */
async function withDifference(
  before: readonly Mount[],
  after: readonly Mount[],
  temporary: string,
  use: (tar: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<void> {
  const top = topmost(before, after);
  if (top) return await use(archiveChanges(top.directory, await changes(top.directory, top.below, "overlay")));
  await withMounted(before, temporary, (old) =>
    withMounted(after, temporary, async (now) => await use(archiveChanges(now, await treeChanges(old, now)))),
  );
}

/** The one directory that `after` has and `before` has not, if that is all. */
function topmost(
  before: readonly Mount[],
  after: readonly Mount[],
): { directory: string; below: readonly string[] } | undefined {
  const below = before.length === 0 ? [] : layersOf(before)?.directories;
  const [directory, ...others] = layersOf(after)?.directories ?? [];
  const isStacked = below?.length === others.length && below.every((layer, i) => layer === others[i]);
  return directory !== undefined && isStacked ? { directory, below: others } : undefined;
}
