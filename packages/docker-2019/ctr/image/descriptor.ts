/** Descriptors, between those of images (JSON) and those of containerd's calls (protobuf). */
import { parseDigest } from "@eras/oci-spec/digest.ts";
import type { Descriptor } from "@eras/oci-spec/image/descriptor.ts";
import { isConfigType, isIndexType, isManifestType, layerCompression } from "@eras/oci-spec/image/media-types.ts";
import type { Descriptor as WireDescriptor } from "../../proto/gen/types_pb.ts";
import type { Init } from "../../proto/message.ts";

export function toWire({ mediaType, digest, size, annotations }: Descriptor): Init<WireDescriptor> {
  return { mediaType, digest, size: BigInt(size), annotations: annotations ?? {} };
}

/** @throws {InvalidArgument} When its digest isn't one. */
export function fromWire({ mediaType, digest, size, annotations }: WireDescriptor): Descriptor {
  return { mediaType, digest: parseDigest(digest), size: Number(size), annotations };
}

/** What it points to, in a word: `manifest`, `layer` … */
export function kindOf({ mediaType }: Descriptor): "index" | "manifest" | "config" | "layer" | "unknown" {
  if (isIndexType(mediaType)) return "index";
  if (isManifestType(mediaType)) return "manifest";
  if (isConfigType(mediaType)) return "config";
  return layerCompression(mediaType) === undefined ? "unknown" : "layer";
}

/** How containerd's clients call content on its way into the store: `layer-sha256:…`. Two that fetch the same agree. */
export function ingestRef(descriptor: Descriptor): string {
  return `${kindOf(descriptor)}-${descriptor.digest}`;
}
