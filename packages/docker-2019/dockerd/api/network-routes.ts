/** The networks that there are, as the API has them. */
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
  ];
}
