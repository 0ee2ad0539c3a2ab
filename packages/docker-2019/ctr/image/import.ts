/** Images from an archive: what is in it gets names and labels, as if it had been pulled. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Descriptor } from "@eras/oci-spec/image/descriptor.ts";
import { findManifest, parseIndex } from "@eras/oci-spec/image/image-index.ts";
import { REF_NAME } from "@eras/oci-spec/image/image-layout.ts";
import { parseManifest } from "@eras/oci-spec/image/manifest.ts";
import { isIndexType, isManifestType, OCI_INDEX } from "@eras/oci-spec/image/media-types.ts";
import type { Platform } from "@eras/oci-spec/platform.ts";
import type { Containerd } from "../containerd.ts";
import { type Archive, storeArchive } from "./archive-reader.ts";
import { hasContent, labelContent, readWhole } from "./content.ts";
import { dockerImages } from "./docker-archive.ts";
import { storeDocument } from "./document.ts";
import { childLabels } from "./gc-labels.ts";

export interface ArchivedImage {
  readonly target: Descriptor;
  /** Whole references. */
  readonly names: readonly string[];
}

export interface ImportOptions {
  /** For layouts, which know tags alone: what stands before them. */
  readonly baseName?: string | undefined;
  /** What the archive as a whole is to be called. */
  readonly indexName?: string | undefined;
  /** Of an index, which manifests must be there. */
  readonly platforms: readonly Platform[] | "all";
}

/** The annotation by which containerd's clients keep a whole name in a layout. */
export const NAME_ANNOTATION = "io.containerd.image.name";

/**
 * Stores what is in an archive. Call under a lease; name what is given back, or it will be gone with the lease.
 *
 * @throws {InvalidArgument} When it is no archive of images, or part of an image is missing.
 */
export async function importArchive(
  containerd: Containerd,
  bytes: AsyncIterable<Uint8Array>,
  options: ImportOptions,
): Promise<ArchivedImage[]> {
  const archive = await storeArchive(containerd, bytes);
  const single = await imagesOf(containerd, archive, options);
  const { indexName } = options;
  const whole = indexName ? [{ target: await storeIndex(containerd, archive, single), names: [indexName] }] : [];
  const images = [...whole, ...single];
  for (const { target } of images) await labelTree(containerd, target, options.platforms);
  return images;
}

async function imagesOf(containerd: Containerd, archive: Archive, options: ImportOptions): Promise<ArchivedImage[]> {
  if (archive.indexJson) return layoutImages(archive.indexJson, options);
  if (archive.manifestJson) return dockerImages(containerd, archive, archive.manifestJson);
  throw new InvalidArgument("unrecognized image format: the archive has neither index.json nor manifest.json");
}

/** A layout's index as it is; one is made of the images of `docker save`. */
function storeIndex(
  containerd: Containerd,
  { indexJson }: Archive,
  images: readonly ArchivedImage[],
): Promise<Descriptor> {
  const made = { schemaVersion: 2, manifests: images.map(({ target }) => target) };
  return storeDocument(containerd, OCI_INDEX, indexJson ?? Buffer.from(JSON.stringify(made)));
}

function layoutImages(indexJson: Buffer, { baseName }: ImportOptions): ArchivedImage[] {
  return parseIndex(indexJson).manifests.map((descriptor) => {
    const { annotations: { [NAME_ANNOTATION]: name, [REF_NAME]: tag } = {}, ...target } = descriptor;
    return { target, names: nameOf(name, tag, baseName) };
  });
}

/** The name as a client has left it; else the tag behind the base name, unless it is a whole name itself. */
function nameOf(name: string | undefined, tag: string | undefined, baseName: string | undefined): string[] {
  if (name !== undefined) return baseName !== undefined && !name.startsWith(baseName) ? [] : [name];
  if (tag === undefined) return [];
  const isWhole = tag.includes("/") || tag.includes(":");
  const base = baseName ?? `import-${new Date().toISOString().slice(0, "2026-11-30".length)}`;
  return [isWhole ? tag : `${base}:${tag}`];
}

/** Labels an index, its manifests and what they point to. @throws {InvalidArgument} When something of it is missing. */
async function labelTree(
  containerd: Containerd,
  target: Descriptor,
  platforms: ImportOptions["platforms"],
): Promise<void> {
  if (!(await hasContent(containerd, target)))
    throw new InvalidArgument(`Cannot import: ${target.digest} is not in the archive`);
  const children = await childrenOf(containerd, target, platforms);
  for (const child of children) await labelTree(containerd, child, platforms);
  if (children.length > 0) await labelContent(containerd, target.digest, childLabels(children));
}

async function childrenOf(
  containerd: Containerd,
  target: Descriptor,
  platforms: ImportOptions["platforms"],
): Promise<readonly Descriptor[]> {
  if (isManifestType(target.mediaType)) {
    const { config, layers } = parseManifest(await readWhole(containerd, target));
    return [config, ...layers];
  }
  if (!isIndexType(target.mediaType)) return [];
  const index = parseIndex(await readWhole(containerd, target));
  if (platforms === "all") return index.manifests;
  return [...new Set(platforms.flatMap((platform) => findManifest(index, platform) ?? []))];
}
