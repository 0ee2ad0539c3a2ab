/**
 * Descriptors: how one piece of content points to another, so that an image is a tree of which the root's digest covers every byte.
 *
 *     index ──▶ manifest ──▶ config
 *                       └──▶ layer, layer …
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.0.1/descriptor.md
 */
import { type Check, list, object, record, size, string, text, where } from "../check.ts";
import { type Digest, isDigest } from "../digest.ts";
import { show } from "../findings.ts";
import type { Platform } from "../platform.ts";

/** Where content is to be found, by name and not by place. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** Other places to have it from. */
  readonly urls?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  /** The content itself in base64, where it is small. */
  readonly data?: string;
  /** What machine a manifest is for. */
  readonly platform?: Platform;
  /** Of what isn't an image. */
  readonly artifactType?: string;
}

/** Of a known algorithm: what can't be verified can't be used. */
export const checkDigest: Check<Digest> = (value, place) => {
  if (typeof value !== "string" || !isDigest(value)) place.problem(`${show(value)} is not a digest`);
};

/** See RFC 6838, section 4.2. */
const MEDIA_TYPE = /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$/;
export const checkMediaType: Check<string> = where(string, (value, place) => {
  if (!MEDIA_TYPE.test(value)) place.problem(`${show(value)} is not a media type`);
});

/** All of `platform`. */
export const checkPlatform: Check<Platform> = object<Platform>(
  { architecture: string, os: string },
  { "os.version": string, "os.features": list(string), variant: string },
);

export const checkAnnotations = record(text);

/** All of a descriptor. */
export const checkDescriptor: Check<Descriptor> = object<Descriptor>(
  { mediaType: checkMediaType, digest: checkDigest, size },
  {
    urls: list(string),
    annotations: checkAnnotations,
    data: string,
    platform: checkPlatform,
    artifactType: checkMediaType,
  },
);
