/**
 * Unpacks a layer from the content store into a snapshot.
 *
 *     content store ─▶ gunzip, unzstd ─▶ diffID ─▶ tar ─▶ files
 *                                     (hashed as it goes by)
 *
 * The answer tells what came out: the diffID is computed here, and the client compares it with the one in the image's configuration.
 *
 * Where the files go is said by mounts. Of an active snapshot's overlay only the upper directory changes, so the layer is unpacked right
 * there, with whiteouts in overlayfs's own notation: nothing is mounted, and overlayfs has no part in each of a thousand files. A bind is
 * its directory. All else is mounted for the time that it takes.
 *
 * @see https://github.com/containerd/containerd/blob/v1.6.20/diff/apply/apply_linux.go
 */
import { applyTar } from "@eras/layers/apply.ts";
import { ArchiveError } from "@eras/layers/archive-error.ts";
import { decompress } from "@eras/layers/decompress.ts";
import { Digester } from "@eras/oci-spec/digest.ts";
import { DataLoss, InvalidArgument, NotImplemented } from "@eras/oci-spec/errdefs.ts";
import type { Descriptor } from "@eras/oci-spec/image/descriptor.ts";
import { layerCompression, OCI_LAYER } from "@eras/oci-spec/image/media-types.ts";
import type { Mount } from "../../mounts.ts";
import { step } from "../../step.ts";
import type { ContentReader } from "../content/content-store.ts";
import { hashed } from "./hashed.ts";
import { layersOf, withMounted } from "./mounted.ts";

/** Bytes of the blob that are read at once, while those before are being unpacked. */
const READ_BYTES = 1024 * 1024;

/**
 * Applies a layer to what is mounted.
 *
 * @param blob - Of the layer; the caller closes it.
 * @param mounts - Of an active snapshot. After a failure it is half-made: to be removed.
 * @param temporary - A directory to mount in.
 * @returns The uncompressed layer: its digest is the diffID.
 * @throws {NotImplemented} When the media type is not that of a layer.
 * @throws {InvalidArgument} When the layer is damaged or hostile.
 * @throws {DataLoss} When the blob ends too early.
 */
export async function applyLayer(
  { mediaType }: Pick<Descriptor, "mediaType">,
  blob: ContentReader,
  mounts: readonly Mount[],
  temporary: string,
): Promise<Descriptor> {
  step("containerd.apply-layer", { mediaType, bytes: blob.size });
  if (layerCompression(mediaType) === undefined) {
    throw new NotImplemented(`Cannot unpack ${JSON.stringify(mediaType)}: it is no type of layers`);
  }
  const digester = new Digester();
  await unpack(hashed(decompress(bytesOf(blob)), digester), mounts, temporary);
  return { mediaType: OCI_LAYER, digest: digester.digest(), size: digester.size };
}

async function unpack(tar: AsyncIterable<Uint8Array>, mounts: readonly Mount[], temporary: string): Promise<void> {
  const layers = layersOf(mounts);
  const [upper, ...below] = layers?.isWritable ? layers.directories : [];
  try {
    if (upper === undefined) {
      await withMounted(mounts, temporary, (root) => applyTar(tar, root, { whiteouts: "delete" }));
    } else await applyTar(tar, upper, { whiteouts: below.length === 0 ? "delete" : "overlay", below });
  } catch (cause) {
    if (cause instanceof ArchiveError) throw new InvalidArgument(cause.message, { cause });
    throw cause;
  }
}

/** The next piece is read while the one before is in use. */
async function* bytesOf(blob: ContentReader): AsyncGenerator<Buffer> {
  let next = blob.read(0, READ_BYTES);
  for (let offset = 0; ; ) {
    const piece = await next;
    if (offset === blob.size) return;
    if (piece.length === 0) throw new DataLoss(`Cannot unpack a layer of ${blob.size} bytes: only ${offset} are there`);
    offset += piece.length;
    next = blob.read(offset, READ_BYTES);
    next.catch(() => {}); // heard of when it is awaited, if anybody still wants it
    yield piece;
  }
}
