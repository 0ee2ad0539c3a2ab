/** A request of the API, as its handler sees it, and the ways to answer. */
import type { IncomingHttpHeaders } from "node:http";
import type { Duplex, Readable, Writable } from "node:stream";
import { InvalidArgument, Unknown } from "@eras/oci-spec/errdefs.ts";
import type { Query } from "./query.ts";
import type { Body } from "./requests.ts";
import { parseFirst } from "./shape.ts";

const JSON_TYPE = "application/json";
/** Of messages; a client that reads so much too slowly is cut off. */
const MAX_LAG_BYTES = 16 << 20;
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

  /** The body, as JSON. @throws {InvalidArgument} {Unknown} When there is none, or it is something else. */
  async json<T>(body: Body<T>): Promise<T> {
    const value = await this.optionalJson(body);
    if (value === undefined) throw refusal(body, body.status === 400 ? "got EOF while reading request body" : "EOF");
    return value;
  }

  /** The same, of a body that may be missing. */
  async optionalJson<T>(body: Body<T>): Promise<T | undefined> {
    this.#checkContentType();
    const bytes = await readBody(this.body);
    try {
      return parseFirst(bytes, body.shape) as T | undefined;
    } catch (cause) {
      throw refusal(body, (cause as Error).message, cause);
    }
  }

  /** Reads the body, for nothing. */
  async passBody(): Promise<void> {
    for await (const _ of this.body);
  }

  #checkContentType(): void {
    const type = this.header("content-type");
    if (type === "" && !this.hasBody) return;
    if (!/^application\/json(?:;|$)/.test(type))
      throw new InvalidArgument(`Content-Type specified (${type}) must be 'application/json'`);
  }

  get hasBody(): boolean {
    return this.headers["transfer-encoding"] !== undefined || Number(this.header("content-length")) > 0;
  }

  /** Answers with objects, one after the other, as they come. @param separator - Behind each. */
  jsonStream(separator = "\n"): (value: unknown) => void {
    const stream = this.answer.stream(200, { "Content-Type": JSON_TYPE });
    return (value) => {
      if (stream.writableLength > MAX_LAG_BYTES) stream.destroy();
      else stream.write(`${JSON.stringify(value)}${separator}`);
    };
  }
}

function refusal({ status }: Body<unknown>, message: string, cause?: unknown): Error {
  return status === 400 ? new InvalidArgument(message, { cause }) : new Unknown(message, { cause });
}

async function readBody(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_BYTES_MAX) throw new InvalidArgument(`the body is larger than ${BODY_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** What is done for a request. What it returns is the answer's JSON, with status 200; it may answer by itself and return nothing. */
export type Handler = (call: ApiCall) => Promise<unknown> | unknown;

/** A row of the API's table. */
export interface Route {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "DELETE" | "OPTIONS";
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
