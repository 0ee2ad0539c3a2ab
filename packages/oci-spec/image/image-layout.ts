/**
 * Image layouts: images in a directory.
 *
 *     <dir>/
 *     ├─ oci-layout                     {"imageLayoutVersion": "1.0.0"}
 *     ├─ index.json                     an index of what is here; an annotation gives each its tag
 *     └─ blobs/sha256/<encoded>         manifests, configs, layers: each named by its digest
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.0.1/image-layout.md
 */
import { join } from "node:path";
import { type Check, object, oneOf } from "../check.ts";
import { type Digest, digestAlgorithm, digestEncoded, parseDigest } from "../digest.ts";
import { validate } from "../findings.ts";
import type { Descriptor } from "./descriptor.ts";
import { parseDocument } from "./parse-document.ts";

/** The directory's mark. */
export const LAYOUT_FILE = "oci-layout";
export const INDEX_FILE = "index.json";
export const BLOBS_DIR = "blobs";
/** The annotation of a descriptor in index.json that names it: a tag. */
export const REF_NAME = "org.opencontainers.image.ref.name";

/** The content of `oci-layout`. */
export interface ImageLayout {
  readonly imageLayoutVersion: "1.0.0";
}

/** What to write into a new one. */
export const IMAGE_LAYOUT: ImageLayout = { imageLayoutVersion: "1.0.0" };

const checkLayout: Check<ImageLayout> = object<ImageLayout>(
  { imageLayoutVersion: oneOf(["1.0.0"], "a known version of the image layout") },
  {},
);

/** Reads `oci-layout`. @throws {InvalidArgument} When it isn't JSON; {InvalidDocument} when it is of another version. */
export function parseImageLayout(json: string | Uint8Array): ImageLayout {
  return validate(checkLayout, parseDocument(json, LAYOUT_FILE), LAYOUT_FILE).value;
}

/** Where a blob lies. @throws {InvalidArgument} When the digest isn't one, and might lead out of the directory. */
export function blobPath(layoutDir: string, digest: Digest): string {
  parseDigest(digest);
  return join(layoutDir, BLOBS_DIR, digestAlgorithm(digest), digestEncoded(digest));
}

/** The tag that index.json gives to one of its descriptors. */
export function refName({ annotations }: Descriptor): string | undefined {
  return annotations?.[REF_NAME];
}
