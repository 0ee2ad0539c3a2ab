/**
 * One exchange with a server: a request, and an answer whose body is read as it comes.
 *
 * `node:http`, and not `fetch`: a layer's bytes go by as the socket's own buffers, for three quarters of the processor time.
 */
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { request as requestHttps, Agent as TlsAgent } from "node:https";
import { Readable } from "node:stream";
import { FailedPrecondition } from "@eras/oci-spec/errdefs.ts";
import type { TlsOptions } from "./hosts.ts";
import { connectionError, TryAgain } from "./registry-error.ts";

export interface Exchange {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | AsyncIterable<Uint8Array>;
  readonly tls: TlsOptions;
  /** How long the server may keep silent, in milliseconds, before and within its answer. */
  readonly silenceMs: number;
  readonly signal?: AbortSignal | undefined;
}

// An import of it would read all that it exports, of which WebSocket is a library that is loaded then: 15 ms.
const { Agent, request: requestHttp } = process.getBuiltinModule("node:http");

const agent = new Agent({ keepAlive: true });
const tlsAgents = new Map<string, TlsAgent>();

/**
 * Sends a request and waits for the head of the answer, whatever its status.
 *
 * @throws {TryAgain} When the connection drops or the server keeps silent; {Unavailable} when nobody is there; an AbortError.
 */
export function exchange(sent: Exchange): Promise<Answer> {
  const { method, url, headers, body, silenceMs, signal, tls } = sent;
  const what = `${method} ${url.href}`;
  const isTls = url.protocol === "https:";
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const request = (isTls ? requestHttps : requestHttp)(url, {
    method,
    headers,
    agent: isTls ? tlsAgent(tls) : agent,
    timeout: silenceMs,
    ...(signal && { signal }),
  });
  request.on("timeout", () => request.destroy(silence(what, silenceMs)));
  request.on("error", (error) => reject(connectionError(what, error)));
  request.on("response", (message) => {
    request.setTimeout(0); // from here on, Answer watches: a reader who takes his time is no silence
    resolve(new Answer(url, what, message, silenceMs));
  });
  if (body === undefined || body instanceof Uint8Array) request.end(body);
  else send(body, request);
  return promise;
}

/** Passes a body on at the pace of the connection. Its own failure ends the request, and is what the caller gets. */
function send(body: AsyncIterable<Uint8Array>, request: ReturnType<typeof requestHttp>): void {
  const readable = Readable.from(body);
  readable.on("error", (error) => request.destroy(error));
  request.on("close", () => readable.destroy()); // answered early, or dropped: nobody wants the rest
  readable.pipe(request);
}

/** One agent for each way to judge certificates: an agent reuses connections without looking again. */
function tlsAgent({ skipVerify = false, ca }: TlsOptions): TlsAgent {
  const key = `${skipVerify} ${ca}`;
  const known = tlsAgents.get(key);
  if (known) return known;
  const made = new TlsAgent({ keepAlive: true, rejectUnauthorized: !skipVerify, ...(ca !== undefined && { ca }) });
  tlsAgents.set(key, made);
  return made;
}

function silence(what: string, silenceMs: number): TryAgain {
  return new TryAgain(`Cannot ${what}: the server has sent nothing for ${silenceMs / 1000} s`);
}

/** The head of an answer, and its body to be read once, or dropped. */
export class Answer {
  /** What was asked. */
  readonly url: URL;
  readonly #what: string;
  readonly #message: IncomingMessage;
  readonly #silenceMs: number;

  constructor(url: URL, what: string, message: IncomingMessage, silenceMs: number) {
    this.url = url;
    this.#what = what;
    this.#message = message;
    this.#silenceMs = silenceMs;
  }

  get status(): number {
    return this.#message.statusCode ?? 0;
  }

  get statusText(): string {
    return this.#message.statusMessage || "without a reason";
  }

  get headers(): IncomingHttpHeaders {
    return this.#message.headers;
  }

  /** Bytes of the body as the head announces them. */
  get contentLength(): number | undefined {
    const text = this.headers["content-length"];
    return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
  }

  /** The body as it comes. @throws {TryAgain} When it stops before its end. */
  async *pieces(): AsyncGenerator<Buffer, void, undefined> {
    const message = this.#message;
    let waiting = true;
    const timer = setTimeout(() => {
      if (waiting) message.destroy(silence(this.#what, this.#silenceMs));
    }, this.#silenceMs);
    try {
      for await (const piece of message) {
        waiting = false;
        yield piece;
        waiting = true;
        timer.refresh();
      }
    } catch (error) {
      throw connectionError(this.#what, error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** All of the body. @throws {FailedPrecondition} When it is longer than `limit`: no server is to fill our memory. */
  async bytes(limit: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    let size = 0;
    for await (const piece of this.pieces()) {
      size += piece.length;
      if (size > limit) throw new FailedPrecondition(`Cannot ${this.#what}: the answer is longer than ${limit} bytes`);
      pieces.push(piece);
    }
    return Buffer.concat(pieces, size);
  }

  /** Reads what is left and forgets it, so that the connection can serve again. */
  drop(): void {
    this.#message.on("error", () => {}).resume();
  }

  /** Ends the connection: for a body that may be long. */
  abandon(): void {
    this.#message.on("error", () => {}).destroy();
  }
}
