/**
 * Indexes: the manifests of one image for many platforms. Docker calls it a manifest list.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.0.1/image-index.md
 */
import { type Check, list, object } from "../check.ts";
import { type Valid, validate } from "../findings.ts";
import { type Platform, platformsRunBy, samePlatform } from "../platform.ts";
import { checkAnnotations, checkDescriptor, checkMediaType, type Descriptor } from "./descriptor.ts";
import { isOnlyA, schemaVersion } from "./document-kind.ts";
import { isIndexType, isManifestType } from "./media-types.ts";
import { parseDocument } from "./parse-document.ts";

/** All of an index. */
export interface ImageIndex {
  readonly schemaVersion: 2;
  readonly mediaType?: string;
  readonly artifactType?: string;
  readonly manifests: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

const checkIndex: Check<ImageIndex> = object<ImageIndex>(
  { schemaVersion, manifests: list(checkDescriptor) },
  { mediaType: checkMediaType, artifactType: checkMediaType, subject: checkDescriptor, annotations: checkAnnotations },
  (index, place) => isOnlyA("an index", index, ["config", "layers", "fsLayers"], isIndexType, place),
);

/**
 * Reads an index. Its digest is that of the bytes as they came: keep those.
 *
 * @throws {InvalidArgument} When it isn't JSON; {InvalidDocument} when it isn't an index, or might be taken for something else too.
 */
export function parseIndex(json: string | Uint8Array): ImageIndex {
  return validateIndex(parseDocument(json, "index")).value;
}

/** Takes parsed JSON for an index. @throws {InvalidDocument} */
export function validateIndex(value: unknown): Valid<ImageIndex> {
  return validate(checkIndex, value, "index");
}

/** The manifest that suits a machine best; of equally good ones the first. Undefined if none does. */
export function chooseManifest({ manifests }: ImageIndex, machine: Platform): Descriptor | undefined {
  const candidates = manifests.filter(({ mediaType }) => isManifestType(mediaType));
  for (const wanted of platformsRunBy(machine)) {
    const found = candidates.find(({ platform }) => platform !== undefined && samePlatform(platform, wanted));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The same; but a manifest that doesn't say what it is for may be for any machine, as containerd's clients have it. */
export function findManifest(index: ImageIndex, machine: Platform): Descriptor | undefined {
  const unmarked = index.manifests.find(
    ({ mediaType, platform }) => platform === undefined && isManifestType(mediaType),
  );
  return chooseManifest(index, machine) ?? unmarked;
}
