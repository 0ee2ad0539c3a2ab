/** The Engine API as a table. */
import type { Daemon } from "../daemon/daemon.ts";
import { absentRoutes } from "./absent-routes.ts";
import type { Route } from "./call.ts";
import { containerRoutes } from "./container-routes.ts";
import { execRoutes } from "./exec-routes.ts";
import { imageRoutes } from "./image-routes.ts";
import { networkRoutes } from "./network-routes.ts";
import { systemRoutes } from "./system-routes.ts";
import { volumeRoutes } from "./volume-routes.ts";

export function routes(daemon: Daemon): Route[] {
  return [systemRoutes, containerRoutes, execRoutes, imageRoutes, networkRoutes, volumeRoutes, absentRoutes].flatMap(
    (group) => group(daemon),
  );
}
