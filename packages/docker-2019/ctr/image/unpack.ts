/**
 * Unpacking: a manifest's layers become a stack of committed snapshots, each named by its chainID, so that images share them.
 *
 *     Prepare  "extract-… CHAINID"  upon the snapshot below
 *     Apply    the layer to its mounts          containerd's differ does it
 *     Commit   as CHAINID
 *
 * A layer that is there, of whatever image, is not unpacked again.
 */
import { randomBytes } from "node:crypto";
import { chainId } from "@eras/oci-spec/chain-id.ts";
import type { Digest } from "@eras/oci-spec/digest.ts";
import { AlreadyExists, FailedPrecondition, NotFound } from "@eras/oci-spec/errdefs.ts";
import { parseImageConfig } from "@eras/oci-spec/image/config.ts";
import type { Descriptor } from "@eras/oci-spec/image/descriptor.ts";
import type { Manifest } from "@eras/oci-spec/image/manifest.ts";
import { step } from "../../step.ts";
import type { Containerd } from "../containerd.ts";
import { labelContent, readWhole } from "./content.ts";
import { toWire } from "./descriptor.ts";
import { snapshotLabel, uncompressedLabel } from "./gc-labels.ts";

/** Resolves when a blob is in the store. */
export type Ready = (blob: Descriptor) => Promise<void>;

/**
 * Unpacks an image. Call under a lease.
 *
 * @param ready - Waits for a config or a layer that is still being fetched; not given, all are there.
 * @returns The chainID of all layers: the name of the snapshot upon which a container's own is made; empty if there are none.
 */
export async function unpack(
  containerd: Containerd,
  manifest: Manifest,
  snapshotter: string,
  ready: Ready = async () => {},
): Promise<string> {
  step("ctr.unpack-image", { layers: manifest.layers.length, snapshotter });
  await ready(manifest.config);
  const diffIds = await diffIdsOf(containerd, manifest);
  let parent = "";
  for (const [index, layer] of manifest.layers.entries()) {
    await ready(layer);
    const name = chainId(diffIds.slice(0, index + 1));
    if (!(await hasSnapshot(containerd, snapshotter, name)))
      await unpackLayer(containerd, snapshotter, { layer, diffId: diffIds[index]!, parent, name });
    parent = name;
  }
  if (parent !== "") await labelContent(containerd, manifest.config.digest, snapshotLabel(snapshotter, parent));
  return parent;
}

/** The digests of the layers' tars, as the config has them. @throws {FailedPrecondition} When they are not as many as the layers. */
export async function diffIdsOf(containerd: Containerd, { config, layers }: Manifest): Promise<readonly Digest[]> {
  const { rootfs } = parseImageConfig(await readWhole(containerd, config));
  if (rootfs.diff_ids.length === layers.length) return rootfs.diff_ids;
  throw new FailedPrecondition(
    `Cannot unpack ${config.digest}: the config has ${rootfs.diff_ids.length} layers, the manifest ${layers.length}`,
  );
}

export async function hasSnapshot(containerd: Containerd, snapshotter: string, key: string): Promise<boolean> {
  try {
    await containerd.snapshots.stat({ snapshotter, key });
    return true;
  } catch (error) {
    if (error instanceof NotFound) return false;
    throw error;
  }
}

interface LayerToUnpack {
  readonly layer: Descriptor;
  readonly diffId: Digest;
  /** The snapshot below; empty for the bottom layer. */
  readonly parent: string;
  readonly name: string;
}

async function unpackLayer(
  containerd: Containerd,
  snapshotter: string,
  { layer, diffId, parent, name }: LayerToUnpack,
): Promise<void> {
  const key = `extract-${process.hrtime.bigint() % 1_000_000_000n}-${randomBytes(3).toString("base64url")} ${name}`;
  const { mounts } = await containerd.snapshots.prepare({ snapshotter, key, parent });
  try {
    const { applied } = await containerd.diff.apply({ diff: toWire(layer), mounts });
    if (applied!.digest !== diffId)
      throw new FailedPrecondition(`wrong diff id calculated on extraction "${applied!.digest}"`);
    await containerd.snapshots.commit({ snapshotter, name, key });
  } catch (error) {
    await containerd.snapshots.remove({ snapshotter, key }).catch(() => {}); // what went wrong first is what counts
    if (!(error instanceof AlreadyExists)) throw error; // somebody else has unpacked the same meanwhile
  }
  await labelContent(containerd, layer.digest, uncompressedLabel(diffId));
}
