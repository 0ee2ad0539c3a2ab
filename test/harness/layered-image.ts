/**
 * An image of several layers, small enough to be pulled a hundred times: busybox at the bottom, and on top of it layers of one large file
 * and many small ones, each of which deletes a file of the one below.
 */
import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { sha256 } from "@eras/oci-spec/digest.ts";
import type { Descriptor } from "@eras/oci-spec/image/descriptor.ts";
import { OCI_CONFIG, OCI_LAYER_GZIP, OCI_MANIFEST } from "@eras/oci-spec/image/media-types.ts";
import { hostPlatform } from "@eras/oci-spec/platform.ts";
import type { MemoryStore } from "@eras/registry-client/image-fixtures.ts";
import { tarOf } from "./busybox-image.ts";
import { busyboxTar } from "./docker-2013.ts";

const SMALL_FILES = 50;
const SMALL_BYTES = 1000;

export interface LayeredImage {
  readonly manifest: Descriptor;
  /** All that a pull fetches: the manifest, its config, its layers from the bottom up. */
  readonly parts: readonly Descriptor[];
}

/**
 * Makes an image in a store.
 *
 * @param layerBytes - Of the large file in each layer above the bottom.
 * @param fill - Makes its content: random, if not given, so that a layer is as long when it is fetched as when it is unpacked.
 */
export function layeredImage(
  store: MemoryStore,
  layerBytes: readonly number[],
  fill: (bytes: number) => Buffer = randomBytes,
): LayeredImage {
  return imageOf(store, [busyboxTar(), ...layerBytes.map((bytes, index) => tarOf(filesOf(index + 1, fill(bytes))))]);
}

/** Makes an image of layers, which it compresses. */
export function imageOf(store: MemoryStore, tars: readonly Buffer[]): LayeredImage {
  const layers = tars.map((tar) => store.add(OCI_LAYER_GZIP, gzipSync(tar, { level: 1 })));
  const { os, architecture } = hostPlatform();
  const config = store.add(OCI_CONFIG, {
    os,
    architecture,
    config: { Env: ["PATH=/bin"], Cmd: ["sh"] },
    rootfs: { type: "layers", diff_ids: tars.map((tar) => sha256(tar)) },
  });
  const manifest = store.add(OCI_MANIFEST, { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers });
  return { manifest, parts: [manifest, config, ...layers] };
}

/** `large-2  small-2-0 … passing-2  .wh.passing-1` */
function filesOf(layer: number, large: Buffer): Record<string, Buffer | string> {
  const small = Array.from({ length: SMALL_FILES }, (_, i) => [`small-${layer}-${i}`, randomBytes(SMALL_BYTES)]);
  return {
    ...Object.fromEntries(small),
    [`large-${layer}`]: large,
    [`passing-${layer}`]: "",
    ...(layer > 1 && { [`.wh.passing-${layer - 1}`]: "" }),
  };
}
