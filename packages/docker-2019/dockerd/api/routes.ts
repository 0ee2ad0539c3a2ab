/** The Engine API as a table. */
import type { Daemon } from "../daemon/daemon.ts";
import type { Route } from "./call.ts";
import { containerRoutes } from "./container-routes.ts";
import { execRoutes } from "./exec-routes.ts";
import { imageRoutes } from "./image-routes.ts";
import { systemRoutes } from "./system-routes.ts";

export function routes(daemon: Daemon): Route[] {
  return [...systemRoutes(daemon), ...containerRoutes(daemon), ...execRoutes(daemon), ...imageRoutes(daemon)];
}
