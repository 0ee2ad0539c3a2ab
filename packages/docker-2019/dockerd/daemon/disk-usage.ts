/** `docker system df`: what takes the room. */
import type { DiskUsage } from "../../engine-api/system.ts";
import { imagesDiskUsage } from "../image/disk-usage.ts";
import type { Daemon } from "./daemon.ts";
import { imageUsers } from "./image-users.ts";
import { listContainers } from "./list.ts";

export async function diskUsage(daemon: Daemon): Promise<DiskUsage> {
  const { images, volumes } = daemon;
  return {
    ...imagesDiskUsage(images, imageUsers(daemon)),
    Containers: await listContainers(daemon, { all: true, limit: 0, size: true, filters: new Map() }),
    Volumes: await volumes.usage(),
    BuildCache: null,
    BuilderSize: 0,
  };
}
