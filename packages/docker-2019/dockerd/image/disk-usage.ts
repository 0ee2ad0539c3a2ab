/** What images take of the disk: for GET /system/df. */
import type { Digest } from "@eras/oci-spec/digest.ts";
import type { ImageSummary } from "../../engine-api/image.ts";
import type { DiskUsage } from "../../engine-api/system.ts";
import { type Layer, topChainId } from "../layer/layer-store.ts";
import { diffIdsOf } from "./docker-image.ts";
import type { Images } from "./images.ts";
import { listImages } from "./list.ts";
import type { ImageUser } from "./remove.ts";

/**
 * The list, with what it leaves out else: how many containers each has, and the bytes that it shares with others of the list. Layers that
 * containers alone have left, for their image was removed by force, are nobody's.
 */
export function imagesDiskUsage(
  stores: Images,
  users: readonly ImageUser[],
): Pick<DiskUsage, "LayersSize"> & { readonly Images: readonly ImageSummary[] } {
  const summaries = listImages(stores, {});
  const stacks = new Map(summaries.map(({ Id }) => [Id, stackOf(stores, Id as Digest)])); // an ID is a digest
  const owners = Map.groupBy([...stacks.values()].flat(), ({ chainId }) => chainId);
  const isShared = ({ chainId }: Layer) => owners.get(chainId)!.length > 1;
  return {
    LayersSize: bytesOf(stores.layers.all().filter(({ chainId }) => owners.has(chainId))),
    Images: summaries.map((summary) => ({
      ...summary,
      Containers: users.filter(({ imageId }) => imageId === summary.Id).length,
      SharedSize: bytesOf(stacks.get(summary.Id)!.filter(isShared)),
    })),
  };
}

function stackOf({ images, layers }: Images, id: Digest): Layer[] {
  return layers.stack(topChainId(diffIdsOf(images.image(id))));
}

function bytesOf(layers: readonly Layer[]): number {
  return layers.reduce((sum, { bytes }) => sum + bytes, 0);
}
