/**
 * Images as an archive: an image layout, which also has docker save's manifest.json, so that `docker load` reads it.
 *
 *     blobs/sha256/…  index.json  manifest.json  oci-layout
 */

import { PLAIN_ENTRY, type TarEntry } from "@eras/layers/tar-entry.ts";
import { END_OF_ARCHIVE, formatHeaders, paddingOf } from "@eras/layers/tar-writer.ts";
import { type Digest, digestAlgorithm, digestEncoded } from "@eras/oci-spec/digest.ts";
import type { Descriptor } from "@eras/oci-spec/image/descriptor.ts";
import { findManifest, parseIndex } from "@eras/oci-spec/image/image-index.ts";
import { BLOBS_DIR, IMAGE_LAYOUT, INDEX_FILE, LAYOUT_FILE, REF_NAME } from "@eras/oci-spec/image/image-layout.ts";
import { type Manifest, parseManifest } from "@eras/oci-spec/image/manifest.ts";
import { isIndexType, isManifestType, OCI_INDEX } from "@eras/oci-spec/image/media-types.ts";
import { hostPlatform, type Platform } from "@eras/oci-spec/platform.ts";
import type { Containerd } from "../containerd.ts";
import { readContent, readWhole } from "./content.ts";
import { NAME_ANNOTATION } from "./import.ts";
import { manifestFor } from "./resolve-content.ts";

export interface NamedImage {
  readonly name: string;
  readonly target: Descriptor;
}

export interface ExportOptions {
  readonly platforms: readonly Platform[] | "all";
  /** Whether `docker load` is to understand it. */
  readonly withDockerManifest: boolean;
}

const DOCKER_FILE = "manifest.json";
const READONLY = 0o444;

/** The archive, piece by piece. @throws {NotFound} When part of an image is not in the store. */
export async function* exportImages(
  containerd: Containerd,
  images: readonly NamedImage[],
  { platforms, withDockerManifest }: ExportOptions,
): AsyncGenerator<Uint8Array> {
  const blobs = new Map<Digest, Descriptor>();
  for (const { target } of images) await collect(containerd, target, platforms, blobs);
  yield formatHeaders(directory(`${BLOBS_DIR}/`));
  for (const algorithm of new Set([...blobs.keys()].map(digestAlgorithm)))
    yield formatHeaders(directory(`${BLOBS_DIR}/${algorithm}/`));
  for (const blob of [...blobs.values()].sort((a, b) => (a.digest < b.digest ? -1 : 1)))
    yield* blobFile(containerd, blob);
  yield* documentFile(INDEX_FILE, { schemaVersion: 2, mediaType: OCI_INDEX, manifests: images.map(indexEntry) });
  if (withDockerManifest) yield* documentFile(DOCKER_FILE, await dockerManifest(containerd, images));
  yield* documentFile(LAYOUT_FILE, IMAGE_LAYOUT);
  yield END_OF_ARCHIVE;
}

/** Adds what belongs to an image. Of an index, the manifests for other platforms stay out, and what only they need. */
async function collect(
  containerd: Containerd,
  target: Descriptor,
  platforms: ExportOptions["platforms"],
  blobs: Map<Digest, Descriptor>,
): Promise<void> {
  if (blobs.has(target.digest)) return;
  blobs.set(target.digest, target);
  if (!isIndexType(target.mediaType) && !isManifestType(target.mediaType)) return;
  const document = await readWhole(containerd, target);
  for (const child of childrenOf(target, document, platforms)) await collect(containerd, child, platforms, blobs);
}

function childrenOf(
  target: Descriptor,
  document: Buffer,
  platforms: ExportOptions["platforms"],
): readonly Descriptor[] {
  if (isManifestType(target.mediaType)) {
    const { config, layers } = parseManifest(document);
    return [config, ...layers];
  }
  const index = parseIndex(document);
  return platforms === "all" ? index.manifests : platforms.flatMap((one) => findManifest(index, one) ?? []);
}

function indexEntry({ name, target }: NamedImage): Descriptor {
  const tag = /:([\w.-]+)$/.exec(name)?.[1];
  return { ...target, annotations: { [NAME_ANNOTATION]: name, ...(tag !== undefined && { [REF_NAME]: tag }) } };
}

async function dockerManifest(containerd: Containerd, images: readonly NamedImage[]): Promise<object> {
  const entries: object[] = [];
  for (const { name, target } of images) {
    const { manifest } = await manifestFor(containerd, target, hostPlatform());
    entries.push(dockerEntry(name, manifest));
  }
  return entries;
}

function dockerEntry(name: string, { config, layers }: Manifest): object {
  return { Config: blobName(config), RepoTags: [name], Layers: layers.map(blobName) };
}

function blobName({ digest }: Descriptor): string {
  return `${BLOBS_DIR}/${digestAlgorithm(digest)}/${digestEncoded(digest)}`;
}

function directory(name: string): TarEntry {
  return { ...PLAIN_ENTRY, name, type: "directory", mode: 0o755 };
}

async function* blobFile(containerd: Containerd, blob: Descriptor): AsyncGenerator<Uint8Array> {
  yield formatHeaders({ ...PLAIN_ENTRY, name: blobName(blob), mode: READONLY, size: blob.size });
  yield* readContent(containerd, blob.digest);
  yield Buffer.alloc(paddingOf(blob.size));
}

function* documentFile(name: string, document: object): Generator<Uint8Array> {
  const content = Buffer.from(JSON.stringify(document));
  yield formatHeaders({ ...PLAIN_ENTRY, name, size: content.length });
  yield content;
  yield Buffer.alloc(paddingOf(content.length));
}
