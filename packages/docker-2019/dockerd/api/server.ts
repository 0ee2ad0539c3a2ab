/**
 * The Engine API's server: finds the handler of a request in the table of routes, and tells its failures.
 *
 *     /v1.40/containers/json      a version is named
 *     /containers/json            the newest is meant
 *
 * Who sends no request but something else is told so by broken-request.ts.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Socket } from "node:net";
import { posix } from "node:path";
import type { Duplex, Writable } from "node:stream";
import { InvalidArgument, NotFound } from "@eras/oci-spec/errdefs.ts";
import { API_VERSION, atLeast, compareVersions, MIN_API_VERSION } from "../../engine-api/api-version.ts";
import { step } from "../../step.ts";
import { log } from "../log.ts";
import { HttpAnswerer, OldAnswerer, UpgradedAnswerer } from "./answerer.ts";
import { answerBroken, type ParseError, refuse } from "./broken-request.ts";
import { type Answerer, ApiCall, type Route } from "./call.ts";
import { httpStatus } from "./http-status.ts";
import { Query } from "./query.ts";
import type { ServerTls } from "./tls.ts";
import { serveTraced } from "./tracing.ts";

// An import of it would read all that it exports, of which WebSocket is a library that is loaded then: 15 ms.
const { createServer } = process.getBuiltinModule("node:http");

const VERSIONED = /^\/v([\d.]+)(\/.*)$/;
const TARGET = /^(?:https?:\/\/[^/?]*)?([^?#]*)(?:\?([^#]*))?/i;
const BAD_ESCAPE = /%(?![0-9A-Fa-f]{2})/;
/** As Go's server: a mebibyte, and a little for the request's line. */
const HEAD_BYTES_MAX = (1 << 20) + 4096;
const HEAD_MS_MAX = 60_000;

/**
 * A server of these routes, which does not listen yet.
 *
 * @param daemon - What headers tell of it.
 * @param tls - Certificates; plain HTTP without.
 */
export function apiServer(
  routes: readonly Route[],
  daemon: { readonly version: string; readonly experimental: boolean },
  tls?: ServerTls,
): Server {
  const headers = {
    "Api-Version": API_VERSION,
    "Docker-Experimental": String(daemon.experimental),
    Ostype: "linux",
    Server: `Docker/${daemon.version} (linux)`,
  };
  // A wait, an attach, events: a request may last as long as a container.
  const options = {
    requireHostHeader: false, // we say it in other words
    requestTimeout: 0,
    headersTimeout: HEAD_MS_MAX,
    keepAliveTimeout: 0,
    maxHeaderSize: HEAD_BYTES_MAX,
  };
  const server =
    tls === undefined ? createServer(options) : createSecureServer({ ...options, ...tls, allowHalfOpen: true });
  server.maxHeadersCount = 0; // their size is limited
  Object.assign(server, { httpAllowHalfOpen: true }); // who has sent all may well wait for the answer
  const underWay = new WeakMap<Duplex, { readonly request: IncomingMessage; readonly response: ServerResponse }>();
  server.on("request", (request, response) => {
    const { socket } = request;
    underWay.set(socket, { request, response });
    const isOld = request.httpVersion === "1.0";
    const answerer = isOld ? new OldAnswerer(response, headers) : new HttpAnswerer(response, headers);
    void serveTraced(request, answerer, (answer) =>
      serve(routes, { request, answer, connection: isOld ? socket : response, ends: socket }),
    );
  });
  server.on("checkExpectation", (_, response) => void response.writeHead(417, { "Content-Length": "0" }).end());
  server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    if (head.length > 0) socket.unshift(head); // what came behind the body, as exec has one
    void serveTraced(request, new UpgradedAnswerer(socket, headers), (answer) =>
      serve(routes, { request, answer, connection: socket }),
    );
  });
  server.on("clientError", (error: ParseError, socket) => {
    const { request, response } = underWay.get(socket) ?? {};
    answerBroken(error, socket, request?.complete ? undefined : response);
  });
  server.on("error", (error) => log("error", `API: ${error.message}`)); // too many connections: the next may be fine
  return server;
}

/** A request with all that belongs to it. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly answer: Answerer;
  readonly connection: Writable;
  /** Whose end means that the client has gone; none when the connection is its container's. */
  readonly ends?: Duplex;
}

/** Of a URL in a query, as `fromSrc=http%3A%2F%2FUSER%3APASSWORD%40host`. */
const USER_INFO = /(?<=(?:\/|%2F){2})[^/&]*(?=@|%40)/gi;

async function serve(routes: readonly Route[], exchange: Exchange): Promise<void> {
  const { request, answer, connection } = exchange;
  if (!isWellFormed(request)) return;
  log("debug", `Calling ${request.method} ${request.url?.replace(USER_INFO, "xxxxx")}`);
  connection.on("error", () => {}); // "close" follows
  try {
    const result = await handle(routes, exchange, goneSignal(exchange));
    if (result !== undefined) answer.json(200, result);
  } catch (error) {
    tell(error, answer);
  }
}

/** What Node's parser lets pass and Go's server does not. */
function isWellFormed({ socket, httpVersionMajor, httpVersion, headersDistinct, url = "" }: IncomingMessage): boolean {
  const hosts = headersDistinct.host ?? [];
  if (httpVersionMajor > 1) refuse(socket, 505, "unsupported protocol version");
  else if (httpVersionMajor < 1 || hosts.length > 1) refuse(socket, 400);
  else if (httpVersion === "1.1" && hosts.length === 0) refuse(socket, 400, "missing required Host header");
  else if (BAD_ESCAPE.test(url.replace(/\?.*/, ""))) refuse(socket, 400);
  else return true;
  return false;
}

function goneSignal({ connection, ends }: Exchange): AbortSignal {
  const gone = new AbortController();
  const abort = () => gone.abort();
  ends?.once("end", abort);
  connection.once("close", () => {
    ends?.off("end", abort); // a connection may carry many requests
    abort();
  });
  return gone.signal;
}

function tell(error: unknown, answer: Answerer): void {
  const status = httpStatus(error);
  if (status === 304) answer.empty(status);
  else answer.json(status, { message: (error as Error).message });
}

function handle(
  routes: readonly Route[],
  { request, request: { headers, method, url = "/" }, answer }: Exchange,
  signal: AbortSignal,
): Promise<unknown> | unknown {
  step("dockerd.find-route", { method, url });
  const [, whole = "/", query = ""] = TARGET.exec(url) ?? [];
  const clean = cleaned(whole);
  if (clean !== undefined) return void answer.stream(301, { Location: clean, "Content-Length": "0" }).end();
  const [, version = API_VERSION, path = whole] = VERSIONED.exec(whole) ?? [];
  if (!atLeast(version, MIN_API_VERSION)) return tellOldClient(version, answer);
  checkVersion(version);
  for (const { method: wanted, path: pattern, handler } of routes) {
    const match = method === wanted ? pattern.exec(path) : null;
    if (!match) continue;
    const params = Object.fromEntries(
      Object.entries(match.groups ?? {}).map(([name, value]) => [name, decoded(value)]),
    );
    return handler(new ApiCall({ version, params, query: new Query(query), headers, body: request, signal, answer }));
  }
  throw new NotFound("page not found");
}

/** Without dots and doubled slashes; undefined when there are none. */
function cleaned(path: string): string | undefined {
  const plain = decoded(path);
  const clean = posix.normalize(plain);
  return plain.startsWith("/") && clean !== plain ? encodeURI(clean) : undefined;
}

/** Clients of that age take no JSON for an error. */
function tellOldClient(version: string, answer: Answerer): void {
  const client = answer.stream(400, { "Content-Type": "text/plain; charset=utf-8" });
  client.end(
    `client version ${version} is too old. Minimum supported API version is ${MIN_API_VERSION}, please upgrade your client to a newer version\n`,
  );
}

function checkVersion(version: string): void {
  if (compareVersions(version, API_VERSION) > 0)
    throw new InvalidArgument(`client version ${version} is too new. Maximum supported API version is ${API_VERSION}`);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new InvalidArgument(`invalid URL escape ${JSON.stringify(text)}`, { cause });
  }
}
