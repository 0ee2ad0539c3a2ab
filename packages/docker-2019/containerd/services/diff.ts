/** The diff service: layers from the content store into snapshots, and the other way round. */
import { randomUUID } from "node:crypto";
import { AlreadyExists } from "@eras/oci-spec/errdefs.ts";
import type { Descriptor } from "@eras/oci-spec/image/descriptor.ts";
import type { Mount } from "../../mounts.ts";
import { leaseOf, namespaceOf } from "../../proto/call.ts";
import { Diff, type DiffRequest } from "../../proto/gen/diff_pb.ts";
import type { Mount as MountMessage } from "../../proto/gen/types_pb.ts";
import { type Implementation, implement } from "../../proto/grpc/server.ts";
import type { LabelledContentStore } from "../content/content-store.ts";
import { applyLayer } from "../diff/apply.ts";
import { compare, UNCOMPRESSED_LABEL } from "../diff/compare.ts";
import type { MetadataContent } from "../metadata/content.ts";
import { descriptorMessage, descriptorOf } from "./descriptor.ts";

/** @param temporary - A directory to mount in. */
export function diffService(content: MetadataContent, temporary: string): Implementation {
  return implement(Diff, {
    apply: async ({ diff, mounts }, call) => {
      const layer = descriptorOf(diff, "diff");
      const blob = await content.in(namespaceOf(call)).reader(layer.digest);
      try {
        const applied = await applyLayer(layer, blob, mounts.map(mountOf), temporary);
        return { applied: descriptorMessage(applied) };
      } finally {
        await blob.close();
      }
    },
    diff: async (request, call) => {
      const store = content.in(namespaceOf(call), { lease: leaseOf(call) });
      return { diff: descriptorMessage(await storeDifference(store, request, temporary)) };
    },
  });
}

/** Writes the layer as a blob. If it is there already, all the better. */
async function storeDifference(
  store: LabelledContentStore,
  { left, right, mediaType, ref, labels }: DiffRequest,
  temporary: string,
): Promise<Descriptor> {
  const writer = await store.writer({ ref: ref || `diff-${randomUUID()}` });
  try {
    await writer.truncate(); // of an attempt before this one
    const output = { mediaType: mediaType || undefined, writer, temporary };
    const { layer, diffId } = await compare(left.map(mountOf), right.map(mountOf), output);
    const { size, digest: expected } = layer;
    await writer.commit({ size, expected, labels: { ...labels, [UNCOMPRESSED_LABEL]: diffId } }).catch(ignoreExisting);
    return layer;
  } finally {
    await writer.close();
  }
}

function ignoreExisting(error: unknown): void {
  if (!(error instanceof AlreadyExists)) throw error;
}

function mountOf({ type, source, target, options }: MountMessage): Mount {
  return { type, source, options, ...(target && { target }) };
}
