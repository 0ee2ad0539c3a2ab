/** Descriptors, between the wire and here. */
import { type Digest, parseDigest } from "@eras/oci-spec/digest.ts";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Descriptor as DescriptorMessage } from "../../proto/gen/types_pb.ts";
import type { Init } from "../../proto/message.ts";
import { quote } from "../identifiers.ts";
import type { ImageTarget } from "../metadata/images.ts";

/** @throws {InvalidArgument} When it is absent, or its digest isn't one. */
export function descriptorOf(message: DescriptorMessage | undefined, what: string): ImageTarget {
  if (!message) throw new InvalidArgument(`${what} must be set`);
  const { mediaType, digest, size, annotations } = message;
  return { mediaType, digest: digestOf(digest, what), size: Number(size), annotations };
}

function digestOf(text: string, what: string): Digest {
  try {
    return parseDigest(text);
  } catch (cause) {
    throw new InvalidArgument(`${what}.Digest ${quote(text)} invalid: ${(cause as Error).message}`, { cause });
  }
}

export function descriptorMessage({ mediaType, digest, size, annotations = {} }: ImageTarget): Init<DescriptorMessage> {
  return { mediaType, digest, size: BigInt(size), annotations };
}
