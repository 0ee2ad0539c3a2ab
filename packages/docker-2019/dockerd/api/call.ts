/** A request of the API, as its handler sees it, and the ways to answer. */
import type { IncomingHttpHeaders } from "node:http";
import type { Duplex, Readable, Writable } from "node:stream";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Query } from "./query.ts";

const JSON_TYPE = "application/json";
/** Larger ones are an attack, or a mistake. */
const BODY_BYTES_MAX = 16 << 20;

/** The client's bytes and ours, after the answer's head, without HTTP. */
export type Hijacked = Duplex;

/** How an answer is sent: server.ts does it. */
export interface Answerer {
  json(status: number, body: unknown): void;
  empty(status: number): void;
  /** Ends an answer that was begun. */
  end(): void;
  /** Begins an answer without a known length. */
  stream(status: number, headers: Readonly<Record<string, string>>): Writable;
  /** Gives HTTP up. Nothing is read before the connection is resumed. @param contentType - Of what is sent from now on. */
  hijack(contentType: string, headers: Readonly<Record<string, string>>): Hijacked;
}

export class ApiCall {
  /** `1.40` */
  readonly version: string;
  /** Of the path: `{name}`. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly headers: IncomingHttpHeaders;
  /** The body's bytes. */
  readonly body: Readable;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
  readonly answer: Answerer;

  constructor(parts: Pick<ApiCall, "version" | "params" | "query" | "headers" | "body" | "signal" | "answer">) {
    this.version = parts.version;
    this.params = parts.params;
    this.query = parts.query;
    this.headers = parts.headers;
    this.body = parts.body;
    this.signal = parts.signal;
    this.answer = parts.answer;
  }

  header(name: string): string {
    const value = this.headers[name];
    return typeof value === "string" ? value : "";
  }

  /** The body, as JSON of the type that the API says. @throws {InvalidArgument} When it is none. */
  async json<T>(): Promise<T> {
    const type = this.header("content-type");
    if (!/^application\/json(?:;|$)/.test(type))
      throw new InvalidArgument(`Content-Type specified (${type}) must be 'application/json'`);
    const value = await this.optionalJson<T>();
    if (value === undefined) throw new InvalidArgument("EOF");
    return value;
  }

  /** The same, of a body that may be missing. */
  async optionalJson<T>(): Promise<T | undefined> {
    const text = await readBody(this.body);
    if (text.trim() === "") return undefined;
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      throw new InvalidArgument(`invalid JSON: ${(cause as Error).message}`, { cause });
    }
  }

  /** Answers with objects, one after the other, as they come. @param separator - Behind each. */
  jsonStream(separator = "\n"): (value: unknown) => void {
    const stream = this.answer.stream(200, { "Content-Type": JSON_TYPE });
    return (value) => void stream.write(`${JSON.stringify(value)}${separator}`);
  }
}

async function readBody(body: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_BYTES_MAX) throw new InvalidArgument(`the body is larger than ${BODY_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** What is done for a request. What it returns is the answer's JSON, with status 200; it may answer by itself and return nothing. */
export type Handler = (call: ApiCall) => Promise<unknown> | unknown;

/** A row of the API's table. */
export interface Route {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "DELETE";
  readonly path: RegExp;
  readonly handler: Handler;
}

/** @param path - `/containers/{name}/start`; `{name:.*}` takes slashes too, as images' names have them. */
export function route(method: Route["method"], path: string, handler: Handler): Route {
  const pattern = path.replace(/\{(\w+)(:\.\*)?\}/g, (_, name, any) => `(?<${name}>${any ? ".*" : "[^/]+"})`);
  return { method, path: new RegExp(`^${pattern}$`), handler };
}

/** Answers with 204 when the work is done. */
export function noContent(work: Handler): Handler {
  return async (call) => {
    await work(call);
    call.answer.empty(204);
  };
}
