/** What concerns the daemon as a whole. */
import { Unavailable } from "@eras/oci-spec/errdefs.ts";
import { atLeast } from "../../engine-api/api-version.ts";
import type { BuildCachePruneReport, Info } from "../../engine-api/system.ts";
import type { Daemon } from "../daemon/daemon.ts";
import { diskUsage } from "../daemon/disk-usage.ts";
import { infoOf, versionOf } from "../daemon/system.ts";
import { logIn } from "../image/registry-access.ts";
import { userAgent } from "../image/user-agent.ts";
import { type Route, route } from "./call.ts";
import { sendEvents } from "./event-stream.ts";
import { AUTH } from "./requests.ts";

const NOT_CACHED = { "Cache-Control": "no-cache, no-store, must-revalidate", Pragma: "no-cache" };
const PLAIN_TEXT = { "Content-Type": "text/plain; charset=utf-8" };

export function systemRoutes(daemon: Daemon): Route[] {
  return [
    route("OPTIONS", "{any:.*}", ({ answer }) => answer.empty(200)),
    route("HEAD", "/_ping", ({ answer }) => {
      answer.stream(200, { ...NOT_CACHED, ...PLAIN_TEXT, "Content-Length": "0" }).end();
    }),
    route("GET", "/_ping", ({ answer }) => {
      answer.stream(200, { ...NOT_CACHED, ...PLAIN_TEXT, "Content-Length": "2" }).end("OK");
    }),
    route("GET", "/version", () => versionOf(daemon)),
    route("GET", "/info", async ({ version }) => infoAt(version, await infoOf(daemon))),
    route("POST", "/auth", async (call) =>
      logIn(await call.json(AUTH), {
        registries: daemon.options,
        signal: call.signal,
        userAgent: userAgent(call.header("user-agent")),
      }),
    ),
    route("GET", "/system/df", () => diskUsage(daemon)),
    // who prunes the system asks for this, too; there is no builder whose cache could have grown
    route("POST", "/build/prune", (): BuildCachePruneReport => {
      daemon.events.publishPrune("builder", 0);
      return { CachesDeleted: null, SpaceReclaimed: 0 };
    }),
    route("GET", "/plugins", () => []),
    ...["swarm", "services", "nodes", "tasks", "secrets", "configs"].map((name) => route("GET", `/${name}`, noSwarm)),
    route("GET", "/events", (call) => sendEvents(call, daemon.events)),
  ];
}

/** Before 1.25 there was a driver of executions to tell of, and security options had names only. */
function infoAt(version: string, info: Info): object {
  if (atLeast(version, "1.25")) return info;
  const SecurityOptions = info.SecurityOptions?.map((option) => /^name=([^,]*)/.exec(option)?.[1] ?? option);
  return { ...info, SecurityOptions, ExecutionDriver: "<not supported>" };
}

function noSwarm(): never {
  throw new Unavailable(
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
  );
}
