/** From an image's target, an index or a manifest, to what is for a machine. All of it is read from containerd's store. */
import { NotFound } from "@eras/oci-spec/errdefs.ts";
import { type ImageConfig, parseImageConfig } from "@eras/oci-spec/image/config.ts";
import type { Descriptor } from "@eras/oci-spec/image/descriptor.ts";
import { findManifest, parseIndex } from "@eras/oci-spec/image/image-index.ts";
import { type Manifest, parseManifest } from "@eras/oci-spec/image/manifest.ts";
import { isIndexType, isManifestType } from "@eras/oci-spec/image/media-types.ts";
import { formatPlatform, normalizePlatform, type Platform } from "@eras/oci-spec/platform.ts";
import type { Containerd } from "../containerd.ts";
import { hasContent, readWhole } from "./content.ts";

export interface FoundManifest {
  readonly descriptor: Descriptor;
  readonly manifest: Manifest;
}

/**
 * The manifest that suits a platform best.
 *
 * @throws {NotFound} When the index has none, or the store lacks it.
 */
export async function manifestFor(
  containerd: Containerd,
  target: Descriptor,
  platform: Platform,
): Promise<FoundManifest> {
  if (!isIndexType(target.mediaType))
    return { descriptor: target, manifest: parseManifest(await readWhole(containerd, target)) };
  const chosen = findManifest(parseIndex(await readWhole(containerd, target)), platform);
  if (chosen === undefined)
    throw new NotFound(`Cannot use ${target.digest}: it has no manifest for ${formatPlatform(platform)}: not found`);
  return manifestFor(containerd, chosen, platform);
}

/** All manifests of an image that the store has. */
export async function presentManifests(containerd: Containerd, target: Descriptor): Promise<FoundManifest[]> {
  if (!(await hasContent(containerd, target))) return [];
  if (isManifestType(target.mediaType))
    return [{ descriptor: target, manifest: parseManifest(await readWhole(containerd, target)) }];
  if (!isIndexType(target.mediaType)) return [];
  const { manifests } = parseIndex(await readWhole(containerd, target));
  const found: FoundManifest[] = [];
  for (const one of manifests) found.push(...(await presentManifests(containerd, one)));
  return found;
}

export async function configOf(containerd: Containerd, { config }: Manifest): Promise<ImageConfig> {
  return parseImageConfig(await readWhole(containerd, config));
}

/** The platforms that an image is for: an index says it, or the config. */
export async function platformsOf(containerd: Containerd, target: Descriptor): Promise<Platform[]> {
  if (target.platform) return [normalizePlatform(target.platform)];
  if (isIndexType(target.mediaType)) {
    const { manifests } = parseIndex(await readWhole(containerd, target));
    const platforms: Platform[] = [];
    for (const one of manifests)
      if (one.platform || (await hasContent(containerd, one))) platforms.push(...(await platformsOf(containerd, one)));
    return platforms;
  }
  const { os, architecture, variant } = await configOf(containerd, parseManifest(await readWhole(containerd, target)));
  return [normalizePlatform({ os, architecture, ...(variant !== undefined && { variant }) })];
}
