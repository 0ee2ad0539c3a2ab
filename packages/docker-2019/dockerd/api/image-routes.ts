/** Images, as the API has them. */
import { InvalidArgument, Unknown } from "@eras/oci-spec/errdefs.ts";
import { parsePlatform } from "@eras/oci-spec/platform.ts";
import { parseReference, type Reference } from "@eras/oci-spec/reference.ts";
import type { RegistryClient } from "@eras/registry-client/client.ts";
import type { AuthConfig } from "../../engine-api/auth.ts";
import type { Daemon } from "../daemon/daemon.ts";
import { imageUsers } from "../daemon/image-users.ts";
import { changeConfig } from "../image/config-changes.ts";
import { dialText } from "../image/dial-error.ts";
import { imageHistory, inspectImage, tagImage } from "../image/inspect.ts";
import { listImages } from "../image/list.ts";
import { loadImages } from "../image/load.ts";
import { importImage } from "../image/make.ts";
import { pullImage } from "../image/pull.ts";
import { pushImage } from "../image/push.ts";
import { clientAs } from "../image/registry-access.ts";
import { registryOptions } from "../image/registry-config.ts";
import { pruneImages, removeImage } from "../image/remove.ts";
import { saveImages } from "../image/save.ts";
import { searchImages } from "../image/search.ts";
import { userAgent } from "../image/user-agent.ts";
import { type ApiCall, type Route, route } from "./call.ts";
import { unblamed } from "./http-status.ts";
import { authOf, authOfPush } from "./registry-auth.ts";
import { send } from "./send.ts";

const TAR = { "Content-Type": "application/x-tar" };

export function imageRoutes(daemon: Daemon): Route[] {
  const { images } = daemon;
  const filters = ({ query }: ApiCall) => Object.fromEntries(query.filters());
  return [
    route("GET", "/images/json", (call) => listImages(images, filters(call), { isAll: call.query.flag("all") })),
    route("GET", "/images/search", (call) =>
      searchImages(call.query.text("term"), filters(call), {
        limit: call.query.integer("limit"),
        userAgent: userAgent(call.header("user-agent")),
      }),
    ),
    route("GET", "/images/get", (call) => save(call, daemon, call.query.all("names"))),
    route("GET", "/images/{name:.*}/get", (call) => save(call, daemon, [call.params.name!])),
    route("GET", "/images/{name:.*}/json", ({ params }) => inspectImage(images, params.name!)),
    route("GET", "/images/{name:.*}/history", ({ params }) => imageHistory(images, params.name!)),
    route("POST", "/images/load", (call) => load(call, daemon)),
    route("POST", "/images/create", (call) => create(call, daemon)),
    route("POST", "/images/prune", async (call) => {
      const report = await pruneImages(images, filters(call), () => imageUsers(daemon));
      daemon.events.publishPrune("image", report.SpaceReclaimed);
      return report;
    }),
    route("POST", "/images/{name:.*}/push", (call) => push(call, daemon)),
    route("POST", "/images/{name:.*}/tag", ({ params, query, answer }) => {
      unblamed(() => tagImage(images, params.name!, query.text("repo"), query.text("tag")));
      answer.empty(201);
    }),
    route("DELETE", "/images/{name:.*}", ({ params, query }) => {
      if (params.name!.trim() === "") throw new InvalidArgument("image name cannot be blank");
      return removeImage(images, params.name!, {
        users: () => imageUsers(daemon),
        isForced: query.flag("force"),
        keepsParents: query.flag("noprune"),
      });
    }),
  ];
}

async function save(call: ApiCall, daemon: Daemon, names: readonly string[]): Promise<void> {
  const tar = await saveImages(daemon.images, names);
  const client = call.answer.stream(200, TAR);
  await send(tar, client, call.signal);
  call.answer.end();
}

async function load(call: ApiCall, daemon: Daemon): Promise<void> {
  const stream = new LazyJsonStream(call);
  try {
    await loadImages(daemon.images, call.body, stream.tell, { isQuiet: call.query.flag("quiet") });
  } catch (error) {
    stream.begin(); // it is told there
    throw error;
  }
  call.answer.end();
}

/** A pull, or, with `fromSrc`, an import of a tar. */
async function create(call: ApiCall, daemon: Daemon): Promise<void> {
  const from = call.query.text("fromImage");
  if (from === "") return importTar(call, daemon);
  const tag = call.query.text("tag");
  const name = tag === "" ? from : tag.startsWith("sha256:") ? `${from}@${tag}` : `${from}:${tag}`;
  const reference = parseReference(name);
  const platform = call.query.text("platform");
  await pullImage(daemon.images, reference, {
    client: clientOf(call, authOf(call.header("x-registry-auth")), reference, daemon),
    ...(platform !== "" && { platform: parsePlatform(platform) }),
    tell: new LazyJsonStream(call).tell,
  });
  call.answer.end();
}

async function push(call: ApiCall, daemon: Daemon): Promise<void> {
  const { params, query } = call;
  const auth = await authOfPush(call);
  const tag = query.text("tag");
  const reference = parseReference(tag === "" ? params.name! : `${params.name}:${tag}`);
  await pushImage(daemon.images, reference, {
    client: clientOf(call, auth, reference, daemon),
    tell: new LazyJsonStream(call).tell,
    concurrency: daemon.options.maxConcurrentUploads,
  });
  call.answer.end();
}

/** Asks as whoever the request says, and stops when its client goes. */
function clientOf(call: ApiCall, auth: AuthConfig, { domain }: Reference, { options }: Daemon): RegistryClient {
  const { signal } = call;
  return clientAs(auth, domain, {
    ...registryOptions(options, domain),
    signal,
    userAgent: userAgent(call.header("user-agent")),
  });
}

/** An answer that begins with the first message: what fails before gets a status, and who has its head knows that something was done. */
class LazyJsonStream {
  readonly #call: ApiCall;
  #send: ((message: unknown) => void) | undefined;

  constructor(call: ApiCall) {
    this.#call = call;
  }

  readonly tell = (message: unknown): void => this.begin()(message);

  begin(): (message: unknown) => void {
    this.#send ??= this.#call.jsonStream("\r\n");
    return this.#send;
  }
}

async function importTar(call: ApiCall, daemon: Daemon): Promise<void> {
  const { query } = call;
  const [repository, tag] = [query.text("repo"), query.text("tag")];
  const name = tag === "" ? repository : `${repository}:${tag}`;
  const config = changeConfig({}, query.all("changes"));
  const source = sourceName(query.text("fromSrc"));
  const id = await importImage(daemon.images, await sourceOf(call, source), {
    config,
    comment: query.text("message") || `Imported from ${withoutUser(source)}`,
    ...(name !== "" && { reference: parseReference(name) }),
  });
  call.jsonStream("\r\n")({ status: id });
  call.answer.end();
}

/** A URL, or `-`, for the request's body. */
function sourceName(from: string): string {
  return from === "-" || from.includes("://") ? from : `http://${from}`;
}

/** Who one is there is nobody's business. */
function withoutUser(url: string): string {
  return url.replace(/\/\/[^/?#]*@/, "//***@");
}

async function sourceOf({ body, signal }: ApiCall, url: string): Promise<AsyncIterable<Uint8Array>> {
  if (url === "-") return body;
  try {
    const answer = await fetch(url, { signal });
    if (answer.ok && answer.body) return answer.body as AsyncIterable<Uint8Array>;
    throw new Error(`it answers ${answer.status}`);
  } catch (error) {
    const { message, cause } = error as Error;
    const shown = JSON.stringify(withoutUser(url));
    const why = (await dialText(error)) ?? (cause instanceof Error ? cause.message : message.replace(url, "it"));
    throw new Unknown(`Get ${shown}: ${why}`, { cause });
  }
}
