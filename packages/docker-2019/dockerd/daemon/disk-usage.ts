/** `docker system df`: what takes the room. */
import type { DiskUsage } from "../../engine-api/system.ts";
import { listImages } from "../image/list.ts";
import type { Daemon } from "./daemon.ts";
import { listContainers } from "./list.ts";

export async function diskUsage(daemon: Daemon): Promise<DiskUsage> {
  const { images, volumes } = daemon;
  const containers = await listContainers(daemon, { all: true, limit: 0, size: true, filters: new Map() });
  const used = (image: string) => containers.filter(({ ImageID }) => ImageID === image).length;
  return {
    LayersSize: images.layers.all().reduce((sum, { bytes }) => sum + bytes, 0),
    Images: listImages(images, {}).map((image) => ({ ...image, Containers: used(image.Id) })),
    Containers: containers,
    Volumes: await Promise.all(
      volumes.list().map(async (volume) => ({ ...volume, UsageData: await volumes.usage(volume.Name) })),
    ),
    BuildCache: [],
    BuilderSize: 0,
  };
}
