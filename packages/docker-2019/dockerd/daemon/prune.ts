/** `docker container prune`: removes those that don't run. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { ContainersPruneReport } from "../../engine-api/container.ts";
import type { Filters } from "../api/query.ts";
import { untilMs } from "../image/filters.ts";
import { hasLabels } from "../labels.ts";
import { log } from "../log.ts";
import type { Daemon } from "./daemon.ts";
import { removeContainer } from "./delete.ts";

const FILTERS = ["label", "label!", "until"];

export async function pruneContainers(daemon: Daemon, filters: Filters): Promise<ContainersPruneReport> {
  for (const name of filters.keys()) if (!FILTERS.includes(name)) throw new InvalidArgument(`Invalid filter '${name}'`);
  const lastMs = untilMs(filters.get("until"));
  const ContainersDeleted: string[] = [];
  let SpaceReclaimed = 0;
  for (const container of daemon.containers.list()) {
    const { id, state, config, record } = container;
    const labels = config.Labels ?? {};
    if (state.isRunning || Date.parse(record.Created) > lastMs) continue;
    if (!hasLabels(filters.get("label") ?? [], labels)) continue;
    if ((filters.get("label!") ?? []).some((label) => hasLabels([label], labels))) continue;
    try {
      const { rwBytes } = await daemon.images.rwLayers.size(id);
      await removeContainer(daemon, container, { force: false, volumes: false });
      ContainersDeleted.push(id);
      SpaceReclaimed += rwBytes;
    } catch (error) {
      log("warning", `Cannot prune container ${id}: ${(error as Error).message}`); // somebody else has started or removed it
    }
  }
  daemon.events.publishPrune("container", SpaceReclaimed);
  return { ContainersDeleted: ContainersDeleted.length > 0 ? ContainersDeleted : null, SpaceReclaimed };
}
