/**
 * Requests to the daemon, and its answers.
 *
 *     HEAD /_ping                       first of all: which version of the API both know
 *     GET  /v1.40/containers/json       then all else under that version
 *
 * Connections are kept and used again; requests that run at the same time have one each.
 *
 * @see https://docs.docker.com/engine/api/v1.40/
 */
import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import { isIP } from "node:net";
import type { Duplex, Readable } from "node:stream";
import { API_VERSION, compareVersions } from "../engine-api/api-version.ts";
import type { ErrorResponse } from "../engine-api/system.ts";
import type { Endpoint } from "./endpoint.ts";
import type { announceRequest } from "./tracing.ts";
import { VERSION } from "./version.ts";

// An import of it would read all that it exports, of which WebSocket is a library that is loaded then: 15 ms.
const http = process.getBuiltinModule("node:http");

/** The daemon has refused. */
export class DaemonError extends Error {
  override readonly name = "DaemonError";
  readonly status: number;
  /** Its own words. */
  readonly reason: string;

  constructor(status: number, reason: string) {
    super(`Error response from daemon: ${reason}`);
    this.status = status;
    this.reason = reason;
  }
}

/** Nobody answers. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
}

export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

export interface Call {
  readonly query?: Query;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is, with a Content-Type among `headers`. */
  readonly stream?: Readable;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface ClientOptions {
  /** What makes connections: over TLS, another one than here. */
  readonly agent?: Agent | undefined;
  /** In a traced run, what is to hear of each request. */
  readonly announce?: typeof announceRequest | undefined;
  /** The user's own, for each request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

type Method = "GET" | "POST" | "PUT" | "DELETE" | "HEAD";

/** A connection that is no longer HTTP, and what has come on it already. */
export interface Hijacked {
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** Of a daemon older than the header. */
const VERSION_WITHOUT_HEADER = "1.24";

export class ApiClient {
  readonly endpoint: Endpoint;
  readonly #agent: Agent;
  readonly #announce: typeof announceRequest | undefined;
  readonly #headers: Readonly<Record<string, string>>;
  #version: Promise<string> | undefined;

  constructor(endpoint: Endpoint, { agent, announce, headers = {} }: ClientOptions = {}) {
    this.endpoint = endpoint;
    this.#agent = agent ?? new http.Agent({ keepAlive: true });
    this.#announce = announce;
    this.#headers = headers;
    const fixed = process.env.DOCKER_API_VERSION;
    if (fixed) this.#version = Promise.resolve(fixed);
  }

  /** The version that requests are made in. */
  version(): Promise<string> {
    this.#version ??= this.#negotiate();
    return this.#version;
  }

  async get<T>(path: string, call?: Call): Promise<T> {
    return readJson(await this.open("GET", path, call));
  }

  async post<T = undefined>(path: string, call?: Call): Promise<T> {
    return readJson(await this.open("POST", path, call));
  }

  async delete<T = undefined>(path: string, call?: Call): Promise<T> {
    return readJson(await this.open("DELETE", path, call));
  }

  /** @returns The answer when its header is there; its body is the caller's to read. @throws {DaemonError} */
  async open(method: Method, path: string, call: Call = {}): Promise<IncomingMessage> {
    const message = await this.#send(method, await this.#versioned(path), call);
    return checked(message, method);
  }

  /** Makes the connection of a request a pipe to the container. @throws {DaemonError} */
  async hijack(path: string, call: Call = {}): Promise<Hijacked> {
    const headers = { ...call.headers, Connection: "Upgrade", Upgrade: "tcp" };
    const sent = this.#request("POST", await this.#versioned(path), { ...call, headers });
    const { promise, resolve, reject } = Promise.withResolvers<Hijacked>();
    sent.on("error", (error) => reject(this.#explain(error)));
    sent.on("upgrade", (_, socket, head) => resolve({ socket, head }));
    sent.on("response", (message) => {
      const refused = checked(message, "POST").then(({ statusCode }) => {
        message.destroy();
        throw new Error(`unable to upgrade to tcp, received ${statusCode}`);
      });
      refused.catch(reject);
    });
    return promise;
  }

  /** What a name that is empty leaves out, such as in `/containers//stop`, is no path of its own. */
  async #versioned(path: string): Promise<string> {
    return `/v${await this.version()}${path.replaceAll("//", "/").replace(/\/$/, "")}`;
  }

  /** Lets connections go that nobody uses. */
  close(): void {
    this.#agent.destroy();
  }

  /** Asks who is there. A proxy in between may refuse HEAD. */
  async ping(): Promise<IncomingMessage> {
    const message = await this.#send("HEAD", "/_ping", {});
    message.resume();
    if (message.statusCode === 200 || message.statusCode === 500) return message;
    const second = await this.#send("GET", "/_ping", {});
    second.resume();
    return second;
  }

  async #negotiate(): Promise<string> {
    const header = (await this.ping()).headers["api-version"];
    const server = typeof header === "string" && header !== "" ? header : VERSION_WITHOUT_HEADER;
    return compareVersions(server, API_VERSION) < 0 ? server : API_VERSION;
  }

  #send(method: Method, path: string, call: Call): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const sent = this.#request(method, path, call);
      sent.on("response", resolve);
      sent.on("error", (error) => reject(this.#explain(error)));
    });
  }

  #request(method: Method, path: string, { query, json, stream, headers, signal }: Call): ClientRequest {
    const body = json === undefined ? undefined : Buffer.from(JSON.stringify(json));
    const { socketPath, host, port, tls } = this.endpoint;
    const wholePath = path + encodeQuery(query);
    const announced = this.#announce?.(method, wholePath, json, socketPath);
    const options: RequestOptions & { readonly servername?: string } = {
      ...(socketPath === undefined ? { host, port } : { socketPath }),
      protocol: tls ? "https:" : "http:", // as the agent's
      ...(tls && { servername: isIP(host ?? "") ? "" : host }), // whose certificate it must be: not the one in Host
      method,
      path: wholePath,
      agent: this.#agent,
      headers: {
        ...this.#headers,
        Host: "docker",
        "User-Agent": `Docker-Client/${VERSION} (linux)`,
        ...bodyHeaders(method, body),
        ...headers,
        ...announced?.headers,
      },
      ...(signal && { signal }),
    };
    const sent = http.request(options);
    announced?.watch(sent);
    if (stream) stream.on("error", (error) => sent.destroy(error)).pipe(sent);
    else sent.end(body);
    return sent;
  }

  #explain(error: NodeJS.ErrnoException): Error {
    const { url } = this.endpoint;
    if (error.code === "EACCES" || error.code === "EPERM")
      return new ConnectionError(
        `Got permission denied while trying to connect to the Docker daemon socket at ${url}: ${error.message}`,
      );
    if (error.code === "ENOENT" || error.code === "ECONNREFUSED")
      return new ConnectionError(`Cannot connect to the Docker daemon at ${url}. Is the docker daemon running?`);
    return new ConnectionError(`error during connect: ${error.message}`, { cause: error });
  }
}

function bodyHeaders(method: Method, body: Buffer | undefined): Record<string, string | number> {
  if (body) return { "Content-Type": "application/json", "Content-Length": body.length };
  return method === "POST" ? { "Content-Type": "text/plain" } : {};
}

/** By name, as Go writes them. */
function encodeQuery(query: Query = {}): string {
  const pairs = Object.entries(query)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, value]) => (Array.isArray(value) ? value.map((one) => [name, one]) : [[name, String(value)]]));
  return pairs.length === 0 ? "" : `?${new URLSearchParams(pairs)}`;
}

/** `filters` of a query, of `name=value` words: by key, the values as a list; undefined when there are none. */
export function encodeFilters(filters: readonly string[]): string | undefined {
  if (filters.length === 0) return undefined;
  const pairs = filters.map((filter) => {
    const equals = filter.indexOf("=");
    return [filter.slice(0, equals).trim().toLowerCase(), filter.slice(equals + 1).trim()] as const;
  });
  const byKey: Record<string, Record<string, true>> = {};
  for (const [key, value] of pairs.sort()) byKey[key] = { ...byKey[key], [value]: true }; // sorted, as Go writes a map
  return JSON.stringify(byKey);
}

async function checked(message: IncomingMessage, method: Method): Promise<IncomingMessage> {
  const { statusCode = 0, statusMessage = "" } = message;
  if (statusCode < 400) return message;
  const text = method === "HEAD" ? "" : await readText(message);
  throw new DaemonError(statusCode, reasonOf(text.trim()) || statusMessage);
}

/** Old versions of the API say it in plain text. */
function reasonOf(text: string): string {
  try {
    return (JSON.parse(text) as ErrorResponse).message.trim();
  } catch {
    return text; // not JSON: the text itself is the message
  }
}

export async function readText(message: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** @returns What the caller says the daemon answers there; undefined without a body. */
export async function readJson<T>(message: IncomingMessage): Promise<T> {
  const text = await readText(message);
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

/** The objects of a stream of JSON, each as soon as it is there. */
export async function* readJsonLines<T>(message: AsyncIterable<Uint8Array>): AsyncGenerator<T> {
  for await (const line of readLines(message)) yield JSON.parse(line) as T;
}

/** Lines that have something on them, each as soon as it is whole. */
export async function* readLines(message: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of message) {
    const lines = (text + decoder.decode(chunk, { stream: true })).split("\n");
    text = lines.pop()!;
    yield* lines.filter(isFull);
  }
  if (isFull(text)) yield text;
}

function isFull(line: string): boolean {
  return line.trim() !== "";
}
