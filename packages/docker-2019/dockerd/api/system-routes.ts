/** What concerns the daemon as a whole. */
import { InvalidArgument, Unavailable } from "@eras/oci-spec/errdefs.ts";
import { atLeast } from "../../engine-api/api-version.ts";
import type { Event } from "../../engine-api/event.ts";
import type { BuildCachePruneReport, Info } from "../../engine-api/system.ts";
import type { Daemon } from "../daemon/daemon.ts";
import { diskUsage } from "../daemon/disk-usage.ts";
import { infoOf, versionOf } from "../daemon/system.ts";
import { logIn } from "../image/registry-access.ts";
import { type ApiCall, type Route, route } from "./call.ts";
import type { Filters } from "./query.ts";
import { AUTH } from "./requests.ts";
import { parseTime } from "./time.ts";

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
      logIn(await call.json(AUTH), { registries: daemon.options, signal: call.signal }),
    ),
    route("GET", "/system/df", () => diskUsage(daemon)),
    // who prunes the system asks for this, too; there is no builder whose cache could have grown
    route("POST", "/build/prune", (): BuildCachePruneReport => ({ CachesDeleted: null, SpaceReclaimed: 0 })),
    route("GET", "/plugins", () => []),
    ...["swarm", "services", "nodes", "tasks", "secrets", "configs"].map((name) => route("GET", `/${name}`, noSwarm)),
    route("GET", "/events", (call) => sendEvents(call, daemon)),
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

/** The kept ones since `since`, then those that come, until `until` or the client's going. With neither, none of the kept ones. */
async function sendEvents(call: ApiCall, daemon: Daemon): Promise<void> {
  const since = timeOf(call, "since");
  const until = timeOf(call, "until");
  if (since !== undefined && until !== undefined && since > until)
    throw new InvalidArgument(
      `\`since\` time (${call.query.text("since")}) cannot be after \`until\` time (${call.query.text("until")})`,
    );
  const filters = call.query.filters();
  const send = call.jsonStream();
  const tell = (event: Event) => {
    const ms = Number(event.timeNano) / 1e6;
    if (isWanted(event, filters) && (until === undefined || ms <= until)) send(event);
  };
  if (since !== undefined || until !== undefined)
    for (const event of daemon.events.past) if (Number(event.timeNano) / 1e6 >= (since ?? 0)) tell(event);
  const stop = daemon.events.listen(tell);
  await over(call.signal, until);
  stop();
  call.answer.end();
}

/** Here 0 is a time: the beginning. */
function timeOf({ query }: ApiCall, name: "since" | "until"): number | undefined {
  return query.text(name) === "0" ? 0 : parseTime(query.text(name));
}

function over(gone: AbortSignal, until: number | undefined): Promise<void> {
  return new Promise((resolve) => {
    gone.addEventListener("abort", () => resolve(), { once: true });
    if (until !== undefined) setTimeout(resolve, Math.max(0, until - Date.now()));
  });
}

/** Of each filter, one of its values must fit. */
function isWanted({ Type, Action, Actor: { ID, Attributes } }: Event, filters: Filters): boolean {
  const named = (type: Event["Type"]) => (value: string) =>
    Type === type && (ID.startsWith(value) || Attributes.name === value || (type === "image" && ID === value));
  const fits: Readonly<Record<string, (value: string) => boolean>> = {
    type: (value) => Type === value,
    event: (value) => Action === value || Action.startsWith(`${value}:`),
    label: (value) => {
      const [name = "", ...wanted] = value.split("=");
      return wanted.length === 0 ? name in Attributes : Attributes[name] === wanted.join("=");
    },
    container: named("container"),
    image: (value) => named("image")(value) || (Type === "container" && Attributes.image === value),
    volume: named("volume"),
    network: named("network"),
    daemon: named("daemon"),
    scope: (value) => value === "local",
  };
  return [...filters].every(([name, values]) => values.some((value) => fits[name]?.(value) ?? true));
}
