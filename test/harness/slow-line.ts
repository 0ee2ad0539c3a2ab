/** A line to a registry that is slow enough to be cut in the middle, and knows what has gone over it. */
import { once } from "node:events";
import {
  type ClientRequest,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";

/** Before each answer, as if the registry were far away. */
export const LATENCY_MS = 15;
/** What goes over each connection in one go, and the pause after it: about 4 MB a second. */
const PIECE_BYTES = 16 << 10;
const PIECE_MS = 4;

const PIECE_SENT = "piece-sent";

/** One request that came by. */
export interface PassedRequest {
  /** `HEAD`, `GET` */
  readonly method: string;
  /** A tag or a digest. */
  readonly name: string;
  /** The first byte that was asked for. */
  readonly from: number;
  /** Bytes of the answer's body that were sent. */
  sent: number;
}

export class SlowLine {
  /** What came by since the last `forget`. */
  passed: PassedRequest[] = [];
  isSlow = true;
  readonly #server: Server;
  readonly #registry: string;

  private constructor(server: Server, registry: string) {
    this.#server = server;
    this.#registry = registry;
  }

  /** @param registry - `127.0.0.1:40123` */
  static async to(registry: string): Promise<SlowLine> {
    const server = createServer();
    const line = new SlowLine(server, registry);
    server.on("request", (asked, answer) => void line.#pass(asked, answer));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return line;
  }

  /** What to ask instead of the registry. */
  get domain(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  forget(): void {
    this.passed = [];
  }

  /** Bytes of bodies that were sent since the last `forget`. */
  get carried(): number {
    return this.passed.reduce((sum, { sent }) => sum + sent, 0);
  }

  /** Resolves when so many bytes have been sent since the last `forget`. */
  async carries(bytes: number): Promise<void> {
    while (this.carried < bytes) await once(this.#server, PIECE_SENT);
  }

  /** Resolves when the next request comes. */
  async nextRequest(): Promise<void> {
    await once(this.#server, "request");
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #pass({ method = "", url = "", headers }: IncomingMessage, answer: ServerResponse): Promise<void> {
    const from = Number(/\d+/.exec(headers.range ?? "")?.[0] ?? 0);
    const passing = { method, name: url.split("/").at(-1)!, from, sent: 0 };
    this.passed.push(passing);
    const forwarded = request(`http://${this.#registry}${url}`, { method, headers });
    const source = await answerOf(forwarded);
    if (this.isSlow) await delay(LATENCY_MS);
    answer.writeHead(source.statusCode!, source.headers);
    await pipeline(this.#pieces(source, passing), answer).catch(() => {}); // who asked has gone: that is what this is for
  }

  async *#pieces(source: AsyncIterable<Buffer>, passing: PassedRequest): AsyncGenerator<Buffer> {
    for await (const bytes of source)
      for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
        const piece = bytes.subarray(at, at + PIECE_BYTES);
        passing.sent += piece.length;
        this.#server.emit(PIECE_SENT);
        yield piece;
        if (this.isSlow) await delay(PIECE_MS);
      }
  }
}

function answerOf(forwarded: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => forwarded.on("response", resolve).on("error", reject).end());
}
