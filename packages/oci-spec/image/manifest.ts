/**
 * Manifests: one image for one platform, a config and its layers. OCI's and Docker's schema 2 differ in media types alone.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.0.1/manifest.md
 */
import { type Check, list, object } from "../check.ts";
import { type Valid, validate } from "../findings.ts";
import { checkAnnotations, checkDescriptor, checkMediaType, type Descriptor } from "./descriptor.ts";
import { isOnlyA, schemaVersion } from "./document-kind.ts";
import { isManifestType } from "./media-types.ts";
import { parseDocument } from "./parse-document.ts";

/** All of a manifest. */
export interface Manifest {
  readonly schemaVersion: 2;
  /** Docker always says it, OCI may. */
  readonly mediaType?: string;
  readonly artifactType?: string;
  readonly config: Descriptor;
  /** Bottom layer first. */
  readonly layers: readonly Descriptor[];
  /** What this is about: a signature's image. */
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

const checkManifest: Check<Manifest> = object<Manifest>(
  { schemaVersion, config: checkDescriptor, layers: list(checkDescriptor) },
  { mediaType: checkMediaType, artifactType: checkMediaType, subject: checkDescriptor, annotations: checkAnnotations },
  (manifest, place) => isOnlyA("a manifest", manifest, ["manifests", "fsLayers"], isManifestType, place),
);

/**
 * Reads a manifest. Its digest is that of the bytes as they came: keep those.
 *
 * @throws {InvalidArgument} When it isn't JSON; {InvalidDocument} when it isn't a manifest, or might be taken for something else too.
 */
export function parseManifest(json: string | Uint8Array): Manifest {
  return validateManifest(parseDocument(json, "manifest")).value;
}

/** Takes parsed JSON for a manifest. @throws {InvalidDocument} */
export function validateManifest(value: unknown): Valid<Manifest> {
  return validate(checkManifest, value, "manifest");
}
