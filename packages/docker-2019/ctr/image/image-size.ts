/** How much of containerd's content store an image takes. */
import type { Descriptor } from "@eras/oci-spec/image/descriptor.ts";
import { hostPlatform } from "@eras/oci-spec/platform.ts";
import type { Containerd } from "../containerd.ts";
import { hasContent } from "./content.ts";
import { manifestFor } from "./resolve-content.ts";

/** In bytes: manifest, config and layers for this machine, and the index if it has one. @throws {NotFound} When none is for it. */
export async function sizeOf(containerd: Containerd, target: Descriptor): Promise<number> {
  const { descriptor, manifest } = await manifestFor(containerd, target, hostPlatform());
  const parts = [...new Set([target, descriptor]), manifest.config, ...manifest.layers];
  return parts.reduce((sum, { size }) => sum + size, 0);
}

/** How much of an image is there. */
export interface Completeness {
  /** Parts: config and layers. */
  readonly present: number;
  readonly required: number;
  readonly presentBytes: number;
  readonly requiredBytes: number;
}

/** Looks which parts of the manifest for this machine are in the store. */
export async function completenessOf(containerd: Containerd, target: Descriptor): Promise<Completeness> {
  const { manifest } = await manifestFor(containerd, target, hostPlatform());
  const parts = [manifest.config, ...manifest.layers];
  const present: Descriptor[] = [];
  for (const part of parts) if (await hasContent(containerd, part)) present.push(part);
  const bytes = (some: readonly Descriptor[]) => some.reduce((sum, { size }) => sum + size, 0);
  return {
    present: present.length,
    required: parts.length,
    presentBytes: bytes(present),
    requiredBytes: bytes(parts),
  };
}
