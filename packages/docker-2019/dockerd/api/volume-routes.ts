/** Volumes, as the API has them. */
import type { VolumeCreateRequest } from "../../engine-api/volume.ts";
import type { Daemon } from "../daemon/daemon.ts";
import { noContent, type Route, route } from "./call.ts";

export function volumeRoutes({ volumes, events }: Daemon): Route[] {
  return [
    route("GET", "/volumes", ({ query }) => ({ Volumes: volumes.list(query.filters()), Warnings: null })),
    route("GET", "/volumes/{name}", ({ params }) => volumes.get(params.name!)),
    route("POST", "/volumes/create", async (call) => {
      const volume = volumes.create(await call.json<Partial<VolumeCreateRequest>>());
      events.publish("volume", "create", volume.Name, { driver: volume.Driver });
      call.answer.json(201, volume);
    }),
    route("POST", "/volumes/prune", ({ query }) => volumes.prune(query.filters())),
    route(
      "DELETE",
      "/volumes/{name}",
      noContent(async ({ params, query }) => {
        await volumes.remove(params.name!, { force: query.flag("force") });
        events.publish("volume", "destroy", params.name!, { driver: "local" });
      }),
    ),
  ];
}
