/**
 * The types of what a registry and a content store keep: OCI's, and those of Docker's schema 2, from which they come.
 *
 *                 OCI                                         Docker
 *     one of many  application/vnd.oci.image.index.v1+json     …docker.distribution.manifest.list.v2+json
 *     one          application/vnd.oci.image.manifest.v1+json  …docker.distribution.manifest.v2+json
 *     its config   application/vnd.oci.image.config.v1+json    …docker.container.image.v1+json
 *     its layers   application/vnd.oci.image.layer.v1.tar+gzip …docker.image.rootfs.diff.tar.gzip
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.0.1/media-types.md
 * @see https://docs.docker.com/registry/spec/manifest-v2-2/
 */
export const OCI_INDEX = "application/vnd.oci.image.index.v1+json";
export const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
export const OCI_CONFIG = "application/vnd.oci.image.config.v1+json";
export const OCI_LAYER = "application/vnd.oci.image.layer.v1.tar";
export const OCI_LAYER_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip";
export const OCI_LAYER_ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd";
/** Layers that may not be given to others: base images of Windows. */
const OCI_FOREIGN_LAYER = "application/vnd.oci.image.layer.nondistributable.v1.tar";

export const DOCKER_MANIFEST_LIST = "application/vnd.docker.distribution.manifest.list.v2+json";
export const DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
export const DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json";
export const DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar";
export const DOCKER_LAYER_GZIP = "application/vnd.docker.image.rootfs.diff.tar.gzip";
const DOCKER_FOREIGN_LAYER = "application/vnd.docker.image.rootfs.foreign.diff.tar";

/** Docker's schema 1, signed and not: recognised, so that it can be refused by name. */
export const DOCKER_SCHEMA1_MANIFESTS: readonly string[] = [
  "application/vnd.docker.distribution.manifest.v1+prettyjws",
  "application/vnd.docker.distribution.manifest.v1+json",
];

/** One image for one platform. */
export function isManifestType(mediaType: string): boolean {
  return mediaType === OCI_MANIFEST || mediaType === DOCKER_MANIFEST;
}

/** A list of images, one for each platform. */
export function isIndexType(mediaType: string): boolean {
  return mediaType === OCI_INDEX || mediaType === DOCKER_MANIFEST_LIST;
}

/** The config of an image. */
export function isConfigType(mediaType: string): boolean {
  return mediaType === OCI_CONFIG || mediaType === DOCKER_CONFIG;
}

/** How a layer's tar is packed. */
export type LayerCompression = "none" | "gzip" | "zstd";

/** How the layer of a media type is packed; undefined if it is no layer. */
export function layerCompression(mediaType: string): LayerCompression | undefined {
  const base = unpackedLayerType(mediaType);
  if (![OCI_LAYER, OCI_FOREIGN_LAYER, DOCKER_LAYER, DOCKER_FOREIGN_LAYER].includes(base)) return undefined;
  if (base === mediaType) return "none";
  return mediaType.endsWith("gzip") ? "gzip" : "zstd";
}

/** Whether the bytes are to be had from `urls` of the descriptor, and not from a registry. */
export function isForeignLayer(mediaType: string): boolean {
  return layerCompression(mediaType) !== undefined && /\.(foreign|nondistributable)\./.test(mediaType);
}

const OCI_TYPES: Readonly<Record<string, string>> = {
  [DOCKER_MANIFEST_LIST]: OCI_INDEX,
  [DOCKER_MANIFEST]: OCI_MANIFEST,
  [DOCKER_CONFIG]: OCI_CONFIG,
  [DOCKER_LAYER]: OCI_LAYER,
  [DOCKER_LAYER_GZIP]: OCI_LAYER_GZIP,
  [DOCKER_FOREIGN_LAYER]: OCI_FOREIGN_LAYER,
  [`${DOCKER_FOREIGN_LAYER}.gzip`]: `${OCI_FOREIGN_LAYER}+gzip`,
};

/** OCI's name for the same thing; undefined of a type that isn't one of Docker's. */
export function ociType(mediaType: string): string | undefined {
  return OCI_TYPES[mediaType];
}

/** The type of a layer when it is no longer packed. */
export function unpackedLayerType(mediaType: string): string {
  return mediaType.replace(/[+.](gzip|zstd)$/, "");
}
