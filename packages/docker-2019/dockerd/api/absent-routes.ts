/** Requests of the API that ask for a part of Docker that is not here: who makes one is told that, and not that he has mistyped. */
import { NotImplemented } from "@eras/oci-spec/errdefs.ts";
import { type Route, route } from "./call.ts";

const BUILDER = "there is no image builder: docker commit, docker import and docker load make images";
const SWARM = "there is no swarm: this is one daemon, on one host";
const PLUGINS = "there are no plugins";
const CHECKPOINTS = "containers can't be frozen to disk";

const ABSENT: readonly (readonly [method: Route["method"], path: string, why: string])[] = [
  ["POST", "/build", BUILDER],
  ["POST", "/build/prune", BUILDER],
  ["POST", "/session", BUILDER],
  ["POST", "/swarm/init", SWARM],
  ["POST", "/swarm/join", SWARM],
  ["POST", "/services/create", SWARM],
  ["POST", "/secrets/create", SWARM],
  ["POST", "/configs/create", SWARM],
  ["POST", "/plugins/create", PLUGINS],
  ["POST", "/plugins/pull", PLUGINS],
  ["GET", "/plugins/privileges", PLUGINS],
  ["GET", "/containers/{name}/checkpoints", CHECKPOINTS],
  ["POST", "/containers/{name}/checkpoints", CHECKPOINTS],
];

export function absentRoutes(): Route[] {
  return ABSENT.map(([method, path, why]) =>
    route(method, path, () => {
      throw new NotImplemented(why);
    }),
  );
}
