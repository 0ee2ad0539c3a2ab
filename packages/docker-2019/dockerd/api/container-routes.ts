/** Containers, as the API has them: the table, and for each row what is asked of the daemon. */
import { InvalidArgument, NotFound } from "@eras/oci-spec/errdefs.ts";
import { parseReference, withTag } from "@eras/oci-spec/reference.ts";
import { atLeast } from "../../engine-api/api-version.ts";
import { CHANGE_KINDS, type ContainerPathStat } from "../../engine-api/container.ts";
import { parseSignal } from "../config/signal.ts";
import { type ContainerPath, getArchive, putArchive, statPath } from "../daemon/archive.ts";
import { commitContainer } from "../daemon/commit.ts";
import { createContainer } from "../daemon/create.ts";
import type { Daemon } from "../daemon/daemon.ts";
import { removeContainer } from "../daemon/delete.ts";
import { inspectContainer } from "../daemon/inspect.ts";
import { removeLink } from "../daemon/links.ts";
import { listContainers } from "../daemon/list.ts";
import { pruneContainers } from "../daemon/prune.ts";
import { renameContainer } from "../daemon/rename.ts";
import { resizeContainer } from "../daemon/resize.ts";
import { startContainer } from "../daemon/start.ts";
import { sendStats } from "../daemon/stats.ts";
import { killContainer, pauseContainer, restartContainer, stopContainer, unpauseContainer } from "../daemon/stop.ts";
import { topOf } from "../daemon/top.ts";
import { updateContainer } from "../daemon/update.ts";
import { type ApiCall, noContent, type Route, route } from "./call.ts";
import { attachBy, attachTo, logs } from "./container-output.ts";
import { unblamed } from "./http-status.ts";
import { withHostConfigInPlace } from "./old-host-config.ts";
import { parseInteger } from "./query.ts";
import { CONTAINER, UPDATE } from "./requests.ts";
import { send } from "./send.ts";
import { wait } from "./wait.ts";
import { acceptWebSocket } from "./websocket.ts";

const TAR = { "Content-Type": "application/x-tar" };
/** Somebody may send `null` or `{}` with a start. */
const SMALL_BODY_BYTES = 7;

/** @param daemon - Who does it. */
export function containerRoutes(daemon: Daemon): Route[] {
  const find = ({ params }: ApiCall) => daemon.containers.get(params.name!);
  return [
    route("GET", "/containers/json", ({ query }) =>
      listContainers(daemon, {
        all: query.flag("all"),
        limit: Math.max(0, query.integer("limit") ?? 0),
        size: query.flag("size"),
        filters: query.filters(),
      }),
    ),
    route("POST", "/containers/create", async (call) => {
      const request = withHostConfigInPlace(await call.json(CONTAINER));
      call.answer.json(201, await createContainer(daemon, call.query.text("name"), request, call.version));
    }),
    route("GET", "/containers/{name:.*}/json", (call) => inspectContainer(daemon, find(call), call.query.flag("size"))),
    route("GET", "/containers/{name:.*}/top", (call) => topOf(daemon, find(call), call.query.text("ps_args"))),
    route("GET", "/containers/{name:.*}/stats", (call) => {
      const isStream = !call.query.has("stream") || call.query.flag("stream");
      const container = find(call);
      const client = call.answer.stream(200, { "Content-Type": "application/json" });
      return sendStats(daemon, container, { isStream }, client, call.signal);
    }),
    route("GET", "/containers/{name:.*}/logs", (call) => logs(call, daemon)),
    route("GET", "/containers/{name:.*}/changes", async (call) => {
      const changes = await daemon.images.rwLayers.changes(find(call).id);
      return changes.length > 0 ? changes.map(({ kind, path: Path }) => ({ Path, Kind: CHANGES[kind] })) : null;
    }),
    route("HEAD", "/containers/{name:.*}/archive", (call) => {
      const stat = statPath(daemon, placeOf(call, daemon));
      call.answer.stream(200, statHeader(stat)).end();
    }),
    route("GET", "/containers/{name:.*}/archive", async (call) => {
      const { container, path } = placeOf(call, daemon);
      const { stat, tar } = getArchive(daemon, { container, path });
      await send(tar, call.answer.stream(200, { ...TAR, ...statHeader(stat) }), call.signal);
      daemon.publish("archive-path", container);
      call.answer.end();
    }),
    route("PUT", "/containers/{name:.*}/archive", async (call) => {
      const { container, path } = placeOf(call, daemon);
      await putArchive(daemon, { container, path }, call.body, {
        keepsKinds: call.query.flag("noOverwriteDirNonDir"),
        asContainerUser: call.query.flag("copyUIDGID"),
      });
      daemon.publish("extract-to-dir", container);
      call.answer.empty(200);
    }),
    route("GET", "/containers/{name:.*}/export", (call) => exportTo(call, daemon)),
    route("POST", "/containers/{name:.*}/update", async (call) => {
      const request = await call.json(UPDATE);
      return updateContainer(daemon, find(call), request, atLeast(call.version, "1.40"));
    }),
    route("POST", "/containers/prune", ({ query }) => pruneContainers(daemon, query.filters())),
    route("POST", "/commit", async (call) => {
      const { query, answer } = call;
      const [repository, tag] = [query.text("repo"), query.text("tag")];
      if (repository !== "")
        unblamed(() => (tag === "" ? parseReference(repository) : withTag(parseReference(repository), tag)));
      const Id = await commitContainer(daemon, daemon.containers.get(query.text("container")), {
        config: (await call.optionalJson(CONTAINER)) ?? null,
        changes: query.all("changes"),
        name: tag === "" ? repository : `${repository}:${tag}`,
        author: query.text("author"),
        comment: query.text("comment"),
        pause: !query.has("pause") || query.flag("pause"),
      });
      answer.json(201, { Id });
    }),
    route(
      "POST",
      "/containers/{name:.*}/start",
      noContent((call) => {
        checkNoCheckpoint(call);
        checkNoBody(call);
        return startContainer(daemon, find(call));
      }),
    ),
    route(
      "POST",
      "/containers/{name:.*}/stop",
      noContent((call) => stopContainer(daemon, find(call), call.query.integer("t"))),
    ),
    route(
      "POST",
      "/containers/{name:.*}/restart",
      noContent((call) => restartContainer(daemon, find(call), call.query.integer("t"))),
    ),
    route(
      "POST",
      "/containers/{name:.*}/kill",
      noContent((call) => {
        const signal = parseSignal(call.query.text("signal") || "SIGKILL");
        return killContainer(daemon, toBeKilled(call, daemon), signal);
      }),
    ),
    route(
      "POST",
      "/containers/{name:.*}/pause",
      noContent((call) => pauseContainer(daemon, find(call))),
    ),
    route(
      "POST",
      "/containers/{name:.*}/unpause",
      noContent((call) => unpauseContainer(daemon, find(call))),
    ),
    route(
      "POST",
      "/containers/{name:.*}/rename",
      noContent((call) => renameContainer(daemon, find(call), call.query.text("name"))),
    ),
    route("POST", "/containers/{name:.*}/wait", (call) => wait(call, daemon)),
    route("POST", "/containers/{name:.*}/attach", (call) => attachTo(call, daemon)),
    route("GET", "/containers/{name:.*}/attach/ws", (call) =>
      attachBy(call, daemon, { raw: true }, () => acceptWebSocket(call)),
    ),
    route("POST", "/containers/{name:.*}/resize", async (call) => {
      const size = sizeOf(call);
      const container = find(call);
      await resizeContainer(daemon, container, size);
      call.answer.empty(200);
    }),
    route(
      "DELETE",
      "/containers/{name:.*}",
      noContent((call) => remove(call, daemon)),
    ),
  ];
}

async function remove({ params, query }: ApiCall, daemon: Daemon): Promise<void> {
  const name = params.name!;
  if (query.flag("link")) return removeLink(daemon, name);
  const options = { force: query.flag("force"), volumes: query.flag("v") };
  await removeContainer(daemon, daemon.containers.get(name), options);
}

const CHANGES = { C: CHANGE_KINDS.modified, A: CHANGE_KINDS.added, D: CHANGE_KINDS.deleted } as const;

function toBeKilled({ params }: ApiCall, { containers }: Daemon): Container {
  const name = params.name!;
  if (containers.find(name)) return containers.get(name);
  throw new NotFound(`Cannot kill container: ${name}: No such container: ${name}`);
}

/** Of old, a start said what is now said at the creation. */
function checkNoBody(call: ApiCall): void {
  if (call.headers["transfer-encoding"] !== undefined || Number(call.header("content-length")) > SMALL_BODY_BYTES)
    throw new InvalidArgument(
      "starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24",
    );
}

function placeOf({ params, query }: ApiCall, daemon: Daemon): ContainerPath {
  const path = query.text("path");
  if (path === "") throw new InvalidArgument("bad parameter: pathcannot be empty");
  return { container: daemon.containers.get(params.name!), path };
}

function statHeader(stat: ContainerPathStat): Readonly<Record<string, string>> {
  return { "X-Docker-Container-Path-Stat": Buffer.from(JSON.stringify(stat)).toString("base64") };
}

async function exportTo({ params, answer, signal }: ApiCall, daemon: Daemon): Promise<void> {
  const container = daemon.containers.get(params.name!);
  const client = answer.stream(200, { "Content-Type": "application/octet-stream" });
  await send(daemon.images.rwLayers.export(container.id), client, signal);
  daemon.publish("export", container);
  answer.end();
}

/** @throws {InvalidArgument} In the words of a Docker without experiments. */
function checkNoCheckpoint({ query }: ApiCall): void {
  if (query.text("checkpoint") !== "") throw new InvalidArgument("checkpoint is only supported in experimental mode");
}

type Container = ReturnType<Daemon["containers"]["get"]>;

/** Of a terminal. @throws {InvalidArgument} When it is none. */
export function sizeOf({ query }: ApiCall): { readonly width: number; readonly height: number } {
  try {
    const [height, width] = ["h", "w"].map((name) => parseInteger(query.text(name))) as [number, number];
    return { width, height };
  } catch (cause) {
    throw new InvalidArgument((cause as Error).message, { cause });
  }
}
