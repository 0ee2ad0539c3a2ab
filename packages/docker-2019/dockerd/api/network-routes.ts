/** The networks that there are, as the API has them. */
import { NotImplemented, PermissionDenied } from "@eras/oci-spec/errdefs.ts";
import type { NetworksPruneReport } from "../../engine-api/network.ts";
import type { Daemon } from "../daemon/daemon.ts";
import { type Route, route } from "./call.ts";

export function networkRoutes({ networks }: Daemon): Route[] {
  return [
    route("GET", "/networks", ({ query }) => {
      const filters = query.filters();
      const fits = (name: string, value: string) => filters.get(name)?.some((wanted) => value.includes(wanted)) ?? true;
      return networks
        .list()
        .filter(({ Name, Id, Driver }) => fits("name", Name) && fits("id", Id) && fits("driver", Driver));
    }),
    route("GET", "/networks/{name}", ({ params }) => networks.inspect(params.name!)),
    route("POST", "/networks/create", () => {
      throw new NotImplemented("there are no networks but bridge, host and none: choose one of them with --network");
    }),
    route("DELETE", "/networks/{name}", ({ params }) => {
      const { Name } = networks.inspect(params.name!);
      throw new PermissionDenied(`${Name} is a pre-defined network and cannot be removed`);
    }),
    route("POST", "/networks/prune", (): NetworksPruneReport => ({ NetworksDeleted: null })), // those three stay
  ];
}
