/** The networks that there are, as the API has them. */
import { NotImplemented, PermissionDenied, Unknown } from "@eras/oci-spec/errdefs.ts";
import type { NetworksPruneReport } from "../../engine-api/network.ts";
import type { Daemon } from "../daemon/daemon.ts";
import { checkPruneFilters, listFilter } from "../network/filters.ts";
import { type Route, route } from "./call.ts";
import { NETWORK, NETWORK_CONNECT, NETWORK_DISCONNECT } from "./requests.ts";

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

const PREDEFINED_ALONE = "there are no networks but bridge, host and none: choose one of them with --network";

export function networkRoutes({ networks, events }: Daemon): Route[] {
  return [
    route("GET", "/networks/?", ({ query }) => networks.list().filter(listFilter(query.filters()))),
    route("GET", "/networks/{name}", ({ params }) => networks.inspect(params.name!)),
    route("POST", "/networks/create", async (call) => {
      const { Name = "" } = await call.json(NETWORK);
      if (!NAME.test(Name)) throw new Unknown(`invalid name: ${Name}`);
      if (["bridge", "host", "none"].includes(Name))
        throw new PermissionDenied(`operation is not permitted on predefined ${Name} network `); // the space is Docker's
      throw new NotImplemented(PREDEFINED_ALONE);
    }),
    ...Object.entries({ connect: NETWORK_CONNECT, disconnect: NETWORK_DISCONNECT }).map(([action, body]) =>
      route("POST", `/networks/{name}/${action}`, async (call) => {
        await call.json(body);
        networks.inspect(call.params.name!); // says first that it isn't there
        throw new NotImplemented(PREDEFINED_ALONE);
      }),
    ),
    route("DELETE", "/networks/{name}", ({ params }) => {
      const { Name } = networks.inspect(params.name!);
      throw new PermissionDenied(`${Name} is a pre-defined network and cannot be removed`);
    }),
    route("POST", "/networks/prune", ({ query }): NetworksPruneReport => {
      checkPruneFilters(query.filters());
      events.publishPrune("network", 0);
      return { NetworksDeleted: null }; // those three stay
    }),
  ];
}
