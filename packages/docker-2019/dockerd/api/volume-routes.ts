/** Volumes, as the API has them. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Daemon } from "../daemon/daemon.ts";
import { noContent, type Route, route } from "./call.ts";
import type { Filters, Query } from "./query.ts";
import { VOLUME } from "./requests.ts";

export function volumeRoutes({ volumes, events }: Daemon): Route[] {
  return [
    route("GET", "/volumes", ({ query }) => ({ Volumes: volumes.list(filtersOf(query)), Warnings: null })),
    route("GET", "/volumes/{name}", ({ params }) => volumes.get(params.name!)),
    route("POST", "/volumes/create", async (call) => {
      call.answer.json(201, volumes.create(await call.json(VOLUME)));
    }),
    route("POST", "/volumes/prune", async ({ query }) => {
      const report = await volumes.prune(query.filters());
      events.publishPrune("volume", report.SpaceReclaimed);
      return report;
    }),
    route(
      "DELETE",
      "/volumes/{name}",
      noContent(({ params, query }) => volumes.remove(params.name!, { force: query.flag("force") })),
    ),
  ];
}

function filtersOf(query: Query): Filters {
  try {
    return query.filters();
  } catch (cause) {
    throw new InvalidArgument(`error reading volume filters: ${(cause as Error).message}`, { cause });
  }
}
