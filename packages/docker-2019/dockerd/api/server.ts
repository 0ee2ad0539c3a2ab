/**
 * The Engine API's server: finds the handler of a request in the table of routes, and tells its failures.
 *
 *     /v1.40/containers/json      a version is named
 *     /containers/json            the newest is meant
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Socket } from "node:net";
import type { Writable } from "node:stream";
import { InvalidArgument, NotFound } from "@eras/oci-spec/errdefs.ts";
import { API_VERSION, atLeast, compareVersions, MIN_API_VERSION } from "../../engine-api/api-version.ts";
import { step } from "../../step.ts";
import { type Answerer, ApiCall, type Hijacked, type Route } from "./call.ts";
import { httpStatus } from "./http-status.ts";
import { Query } from "./query.ts";
import type { ServerTls } from "./tls.ts";
import { serveTraced } from "./tracing.ts";

// An import of it would read all that it exports, of which WebSocket is a library that is loaded then: 15 ms.
const { createServer, STATUS_CODES } = process.getBuiltinModule("node:http");

const VERSIONED = /^\/v(\d+\.\d+)(\/.*)$/;
const RAW_STREAM = "application/vnd.docker.raw-stream";

/**
 * A server of these routes, which does not listen yet.
 *
 * @param version - Of dockerd, for a header.
 * @param tls - Certificates; plain HTTP without.
 */
export function apiServer(routes: readonly Route[], version: string, tls?: ServerTls): Server {
  const headers = {
    "Api-Version": API_VERSION,
    "Docker-Experimental": "false",
    Ostype: "linux",
    Server: `Docker/${version} (linux)`,
  };
  // A wait, an attach, events: a request may last as long as a container. Clients leave Host empty, or out.
  const options = { requireHostHeader: false, requestTimeout: 0, headersTimeout: 60_000, keepAliveTimeout: 0 };
  const server =
    tls === undefined ? createServer(options) : createSecureServer({ ...options, ...tls, allowHalfOpen: true });
  server.on("request", (request, response) => {
    void serveTraced(request, new HttpAnswerer(response, headers), (answer) =>
      serve(routes, { request, answer, connection: response }),
    );
  });
  server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    if (head.length > 0) socket.unshift(head); // what came behind the body, as exec has one
    void serveTraced(request, new UpgradedAnswerer(socket, headers), (answer) =>
      serve(routes, { request, answer, connection: socket }),
    );
  });
  server.on("clientError", (_, socket) => void socket.destroy());
  return server;
}

/** A request with all that belongs to it. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly answer: Answerer;
  readonly connection: Writable;
}

async function serve(routes: readonly Route[], exchange: Exchange): Promise<void> {
  const { answer, connection } = exchange;
  const gone = new AbortController();
  connection.once("close", () => gone.abort());
  connection.on("error", () => {}); // "close" follows
  try {
    const result = await handle(routes, exchange, gone.signal);
    if (result !== undefined) answer.json(200, result);
  } catch (error) {
    tell(error, answer);
  }
}

function tell(error: unknown, answer: Answerer): void {
  const status = httpStatus(error);
  if (status === 304) answer.empty(status);
  else answer.json(status, { message: (error as Error).message });
}

function handle(
  routes: readonly Route[],
  { request, answer }: Exchange,
  signal: AbortSignal,
): Promise<unknown> | unknown {
  step("dockerd.find-route", { method: request.method, url: request.url });
  const url = new URL(request.url ?? "/", "http://docker");
  const [, version = API_VERSION, path = url.pathname] = VERSIONED.exec(url.pathname) ?? [];
  checkVersion(version);
  const { headers } = request;
  for (const { method, path: pattern, handler } of routes) {
    const match = method === request.method ? pattern.exec(path) : null;
    if (!match) continue;
    const params = Object.fromEntries(
      Object.entries(match.groups ?? {}).map(([name, value]) => [name, decoded(value)]),
    );
    return handler(
      new ApiCall({ version, params, query: new Query(url.searchParams), headers, body: request, signal, answer }),
    );
  }
  throw new NotFound("page not found");
}

function checkVersion(version: string): void {
  if (!atLeast(version, MIN_API_VERSION))
    throw new InvalidArgument(
      `client version ${version} is too old. Minimum supported API version is ${MIN_API_VERSION}, please upgrade your client to a newer version`,
    );
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

type Headers = Readonly<Record<string, string>>;

class HttpAnswerer implements Answerer {
  readonly #response: ServerResponse;
  readonly #headers: Headers;
  /** Of an answer that is a stream. */
  #streamType: string | undefined;

  constructor(response: ServerResponse, headers: Headers) {
    this.#response = response;
    this.#headers = headers;
  }

  json(status: number, body: unknown): void {
    if (this.#response.headersSent) {
      this.#endWithError(body);
      return;
    }
    const text = `${JSON.stringify(body)}\n`;
    const length = { "Content-Length": String(Buffer.byteLength(text)) };
    this.#response.writeHead(status, { ...this.#headers, "Content-Type": "application/json", ...length }).end(text);
  }

  empty(status: number): void {
    this.#response.writeHead(status, this.#headers).end();
  }

  end(): void {
    this.#response.end();
  }

  stream(status: number, headers: Headers): Writable {
    this.#streamType = headers["Content-Type"];
    this.#response.writeHead(status, { ...this.#headers, ...headers }).flushHeaders();
    return this.#response;
  }

  /** Of a client that did not ask for it: the bytes follow the head, up to the end of the connection. */
  hijack(contentType: string, headers: Headers): Hijacked {
    const { socket } = this.#response;
    this.#response.detachSocket(socket!);
    return upgraded(socket!, "HTTP/1.1 200 OK", { "Content-Type": contentType, ...headers });
  }

  /** Too late for a status: the stream tells of the failure, if it is one of objects. */
  #endWithError(body: unknown): void {
    const { message } = body as { message?: string };
    if (message !== undefined && this.#streamType === "application/json")
      this.#response.write(`${JSON.stringify({ errorDetail: { message }, error: message })}\r\n`);
    this.#response.end();
  }
}

/** The answer to a request with `Upgrade: tcp`: Node has left HTTP to us. */
class UpgradedAnswerer implements Answerer {
  readonly #socket: Socket;
  readonly #headers: Headers;
  #isHijacked = false;

  constructor(socket: Socket, headers: Headers) {
    this.#socket = socket;
    this.#headers = headers;
  }

  json(status: number, body: unknown): void {
    if (this.#isHijacked) {
      this.#socket.end();
      return;
    }
    const { message } = body as { message?: string };
    const text = message === undefined ? `${JSON.stringify(body)}\n` : `${message}\r\n`;
    const type = message === undefined ? "application/json" : RAW_STREAM;
    this.#end(status, { "Content-Type": type, "Content-Length": String(Buffer.byteLength(text)) }, text);
  }

  empty(status: number): void {
    this.#end(status, { "Content-Length": "0" });
  }

  end(): void {
    this.#socket.end();
  }

  stream(status: number, headers: Headers): Writable {
    this.#isHijacked = true;
    return upgraded(this.#socket, `HTTP/1.1 ${status} ${STATUS_CODES[status]}`, {
      ...this.#headers,
      ...headers,
      Connection: "close",
    });
  }

  hijack(contentType: string, headers: Headers): Hijacked {
    this.#isHijacked = true;
    const head = { "Content-Type": contentType, Connection: "Upgrade", Upgrade: "tcp", ...headers };
    return upgraded(this.#socket, "HTTP/1.1 101 UPGRADED", head);
  }

  #end(status: number, headers: Headers, text = ""): void {
    const all = { ...this.#headers, ...headers, Connection: "close" };
    upgraded(this.#socket, `HTTP/1.1 ${status} ${STATUS_CODES[status]}`, all).end(text);
  }
}

function upgraded(socket: Socket, statusLine: string, headers: Headers): Socket {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.write(`${[statusLine, ...lines].join("\r\n")}\r\n\r\n`);
  return socket;
}
