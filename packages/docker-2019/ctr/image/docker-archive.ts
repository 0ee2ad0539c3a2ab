/**
 * What `docker save` calls manifest.json: a list of images by paths in the archive, of which manifests are made here.
 *
 *     [{"Config": "72489f….json", "RepoTags": ["busybox:latest"], "Layers": ["layer.tar"]}]
 *
 * @see https://github.com/moby/docker-image-spec/blob/v1.3.1/v1.2.md#combined-image-json--filesystem-changeset-format
 */

import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Descriptor } from "@eras/oci-spec/image/descriptor.ts";
import { DOCKER_CONFIG, DOCKER_LAYER, DOCKER_LAYER_GZIP, DOCKER_MANIFEST } from "@eras/oci-spec/image/media-types.ts";
import { formatReference, parseReference, withDefaultTag } from "@eras/oci-spec/reference.ts";
import type { Containerd } from "../containerd.ts";
import type { Archive, StoredFile } from "./archive-reader.ts";
import { storeDocument } from "./document.ts";
import type { ArchivedImage } from "./import.ts";

interface DockerImage {
  readonly Config: string;
  readonly RepoTags: readonly string[] | null;
  readonly Layers: readonly string[] | null;
}

const LAYER_TYPES = { none: DOCKER_LAYER, gzip: DOCKER_LAYER_GZIP, zstd: `${DOCKER_LAYER}.zstd` };

/** Makes a manifest of each image, and stores it. @throws {InvalidArgument} When a file is missing. */
export async function dockerImages(containerd: Containerd, archive: Archive, json: Buffer): Promise<ArchivedImage[]> {
  const images: ArchivedImage[] = [];
  for (const image of parseImages(json)) {
    const target = await storeDocument(containerd, DOCKER_MANIFEST, manifestOf(archive, image));
    const names = (image.RepoTags ?? []).map((name) => formatReference(withDefaultTag(parseReference(name))));
    images.push({ target, names });
  }
  return images;
}

function parseImages(json: Buffer): readonly DockerImage[] {
  try {
    return JSON.parse(json.toString()) as readonly DockerImage[];
  } catch (cause) {
    throw new InvalidArgument(`Cannot parse manifest.json: ${(cause as Error).message}`, { cause });
  }
}

function manifestOf(archive: Archive, { Config, Layers }: DockerImage): Buffer {
  const config = descriptorOf(fileAt(archive, Config), DOCKER_CONFIG);
  const layers = (Layers ?? []).map((path) => {
    const file = fileAt(archive, path);
    return descriptorOf(file, LAYER_TYPES[file.compression]);
  });
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: DOCKER_MANIFEST, config, layers }));
}

function fileAt({ files }: Archive, path: string): StoredFile {
  const file = files.get(path);
  if (file === undefined) throw new InvalidArgument(`Cannot import: ${JSON.stringify(path)} is not in the archive`);
  return file;
}

function descriptorOf({ digest, size }: StoredFile, mediaType: string): Descriptor {
  return { mediaType, digest, size };
}
