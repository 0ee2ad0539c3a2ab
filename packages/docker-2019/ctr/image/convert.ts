/**
 * An image made of another: with OCI's media types for Docker's, with layers that are not compressed, or for fewer platforms.
 *
 *     index ─▶ manifest ─▶ config, layers       from below: what refers to something new is new itself
 *
 * The layers' tars stay what they are, and so do their digests in the config.
 */
import { decompress } from "@eras/layers/decompress.ts";
import { parseDigest } from "@eras/oci-spec/digest.ts";
import type { Descriptor } from "@eras/oci-spec/image/descriptor.ts";
import { parseIndex } from "@eras/oci-spec/image/image-index.ts";
import { parseManifest } from "@eras/oci-spec/image/manifest.ts";
import { layerCompression, ociType, unpackedLayerType } from "@eras/oci-spec/image/media-types.ts";
import { type Platform, samePlatform } from "@eras/oci-spec/platform.ts";
import type { Containerd } from "../containerd.ts";
import { readContent, readWhole } from "./content.ts";
import { kindOf } from "./descriptor.ts";
import { storeDocument } from "./document.ts";
import { childLabels } from "./gc-labels.ts";
import { Ingest } from "./ingest.ts";

export interface Conversion {
  /** Whether Docker's media types become OCI's. */
  readonly toOci: boolean;
  readonly uncompress: boolean;
  /** Of an index, which manifests stay. */
  readonly platforms: readonly Platform[] | "all";
}

const REFERENCES = "containerd.io/gc.ref.content";
const UNCOMPRESSED = "containerd.io/uncompressed";

/** Converts what an image stands for. Call under a lease. @returns What it stands for then: the same, if there is nothing to convert. */
export async function convert(containerd: Containerd, target: Descriptor, how: Conversion): Promise<Descriptor> {
  const content = await convertContent(containerd, target, how);
  const mediaType = (how.toOci && ociType(content.mediaType)) || content.mediaType;
  const { annotations, ...rest } = content;
  const isOfDocker = ociType(mediaType) !== undefined; // which knows no annotations
  return { ...rest, mediaType, ...(annotations && !isOfDocker && { annotations }) };
}

async function convertContent(containerd: Containerd, target: Descriptor, how: Conversion): Promise<Descriptor> {
  const kind = kindOf(target);
  if (kind === "layer") return how.uncompress ? uncompress(containerd, target) : target;
  if (kind === "manifest") return convertManifest(containerd, target, how);
  return kind === "index" ? convertIndex(containerd, target, how) : target;
}

async function convertManifest(containerd: Containerd, target: Descriptor, how: Conversion): Promise<Descriptor> {
  const { schemaVersion, mediaType, config, layers, ...others } = parseManifest(await readWhole(containerd, target));
  const converted: Descriptor[] = [];
  for (const child of [config, ...layers]) converted.push(await convert(containerd, child, how));
  const [newConfig, ...newLayers] = converted.map(ordered);
  const document = { schemaVersion, ...typeOf(mediaType, how), config: newConfig, layers: newLayers, ...others };
  return replaced(containerd, target, document, { before: [config, ...layers], after: converted });
}

async function convertIndex(containerd: Containerd, target: Descriptor, how: Conversion): Promise<Descriptor> {
  const { schemaVersion, mediaType, manifests, ...others } = parseIndex(await readWhole(containerd, target));
  const converted: Descriptor[] = [];
  for (const one of manifests) if (isWanted(one, how)) converted.push(await convert(containerd, one, how));
  const document = { schemaVersion, ...typeOf(mediaType, how), manifests: converted.map(ordered), ...others };
  return replaced(containerd, target, document, { before: manifests, after: converted });
}

function isWanted({ platform }: Descriptor, { platforms }: Conversion): boolean {
  return platform === undefined || platforms === "all" || platforms.some((one) => samePlatform(one, platform));
}

/** As a document says it of itself. */
function typeOf(mediaType: string | undefined, { toOci }: Conversion): { mediaType?: string } {
  return mediaType === undefined ? {} : { mediaType: (toOci && ociType(mediaType)) || mediaType };
}

/** In the order in which containerd's clients write it. */
function ordered({ mediaType, digest, size, ...others }: Descriptor): Descriptor {
  return { mediaType, digest, size, ...others };
}

interface Children {
  readonly before: readonly Descriptor[];
  readonly after: readonly Descriptor[];
}

/** The document in the place of the old one, with its labels, but those for what it refers to. */
async function replaced(
  containerd: Containerd,
  target: Descriptor,
  document: { readonly mediaType?: string },
  { before, after }: Children,
): Promise<Descriptor> {
  const isSame = before.length === after.length && before.every((one, i) => sameContent(one, after[i]!));
  if (isSame) return target;
  const labels = { ...(await labelsOf(containerd, target, REFERENCES)), ...childLabels(after) };
  const { digest, size } = await storeDocument(
    containerd,
    target.mediaType,
    Buffer.from(JSON.stringify(document)),
    labels,
  );
  return { ...target, digest, size };
}

function sameContent(a: Descriptor, b: Descriptor): boolean {
  return a.digest === b.digest && a.mediaType === b.mediaType;
}

async function uncompress(containerd: Containerd, layer: Descriptor): Promise<Descriptor> {
  if (layerCompression(layer.mediaType) === "none") return layer;
  const ingest = await freshIngest(containerd, layer, await labelsOf(containerd, layer, UNCOMPRESSED));
  for await (const piece of decompress(readContent(containerd, layer.digest))) await ingest.write(piece);
  const size = ingest.offset;
  return { ...layer, mediaType: unpackedLayerType(layer.mediaType), digest: parseDigest(await ingest.commit()), size };
}

/** From the beginning, should an earlier conversion have been cut off. */
async function freshIngest(
  containerd: Containerd,
  { digest }: Descriptor,
  labels: Readonly<Record<string, string>>,
): Promise<Ingest> {
  const open = async () => (await Ingest.open(containerd, `convert-uncompress-from-${digest}`, {}, labels))!; // nobody knows its digest yet
  const ingest = await open();
  if (ingest.offset === 0) return ingest;
  await ingest.abort();
  return open();
}

/** What content is labelled with, but for labels that begin so. */
async function labelsOf(containerd: Containerd, { digest }: Descriptor, but: string): Promise<Record<string, string>> {
  const { info } = await containerd.content.info({ digest });
  return Object.fromEntries(Object.entries(info!.labels).filter(([key]) => !key.startsWith(but)));
}
