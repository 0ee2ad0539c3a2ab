/** The networks that there are, as the API has them. */
import { InvalidArgument, NotImplemented, PermissionDenied, Unknown } from "@eras/oci-spec/errdefs.ts";
import type { NetworksPruneReport } from "../../engine-api/network.ts";
import type { Daemon } from "../daemon/daemon.ts";
import { type Route, route } from "./call.ts";
import { NETWORK } from "./requests.ts";

const FILTERS = ["dangling", "driver", "id", "label", "name", "scope", "type"];
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

export function networkRoutes({ networks }: Daemon): Route[] {
  return [
    route("GET", "/networks", ({ query }) => {
      const filters = query.filters();
      for (const name of filters.keys())
        if (!FILTERS.includes(name)) throw new InvalidArgument(`Invalid filter '${name}'`);
      const fits = (name: string, value: string) => filters.get(name)?.some((wanted) => value.includes(wanted)) ?? true;
      return networks
        .list()
        .filter(({ Name, Id, Driver }) => fits("name", Name) && fits("id", Id) && fits("driver", Driver));
    }),
    route("GET", "/networks/{name}", ({ params }) => networks.inspect(params.name!)),
    route("POST", "/networks/create", async (call) => {
      const { Name = "" } = await call.json(NETWORK);
      if (!NAME.test(Name)) throw new Unknown(`invalid name: ${Name}`);
      if (["bridge", "host", "none"].includes(Name))
        throw new PermissionDenied(`operation is not permitted on predefined ${Name} network `); // the space is Docker's
      throw new NotImplemented("there are no networks but bridge, host and none: choose one of them with --network");
    }),
    route("DELETE", "/networks/{name}", ({ params }) => {
      const { Name } = networks.inspect(params.name!);
      throw new PermissionDenied(`${Name} is a pre-defined network and cannot be removed`);
    }),
    route("POST", "/networks/prune", ({ query }): NetworksPruneReport => {
      query.filters();
      return { NetworksDeleted: null }; // those three stay
    }),
  ];
}
