/** Manifests and indexes that are not fetched, but come from an archive or are made of it. */
import { sha256 } from "@eras/oci-spec/digest.ts";
import type { Descriptor } from "@eras/oci-spec/image/descriptor.ts";
import type { Containerd } from "../containerd.ts";
import { ingestRef } from "./descriptor.ts";
import { Ingest } from "./ingest.ts";

/** Stores a document. Call under a lease. */
export async function storeDocument(
  containerd: Containerd,
  mediaType: string,
  bytes: Buffer,
  labels: Readonly<Record<string, string>> = {},
): Promise<Descriptor> {
  const target: Descriptor = { mediaType, digest: sha256(bytes), size: bytes.length };
  const ingest = await Ingest.open(containerd, ingestRef(target), target, labels);
  await ingest?.write(bytes);
  await ingest?.commit();
  return target;
}
