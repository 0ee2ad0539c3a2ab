/** How answers go out: as HTTP has them, or on a connection that was taken out of it. */
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Writable } from "node:stream";
import type { Answerer, Hijacked } from "./call.ts";

const { STATUS_CODES } = process.getBuiltinModule("node:http");

const RAW_STREAM = "application/vnd.docker.raw-stream";

const UPGRADED = "HTTP/1.1 101 UPGRADED";
const UPGRADE = { Connection: "Upgrade", Upgrade: "tcp" };

export type Headers = Readonly<Record<string, string>>;

export class HttpAnswerer implements Answerer {
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
    const length = [204, 304].includes(status) ? {} : { "Content-Length": "0" };
    this.#response.writeHead(status, { ...this.#headers, ...length }).end();
  }

  end(): void {
    this.#response.end();
  }

  stream(status: number, headers: Headers): Writable {
    this.#streamType = headers["Content-Type"];
    this.#response.writeHead(status, { ...this.#headers, ...headers }).flushHeaders();
    return this.#response;
  }

  /** The bytes follow the head, up to the end of the connection: also of a client that has said but half of what asks for it. */
  hijack(contentType: string, headers: Headers): Hijacked {
    const { socket, req } = this.#response;
    this.#response.detachSocket(socket!);
    withoutParser(socket!);
    const all = { "Content-Type": contentType, ...headers };
    if (req.headers.upgrade === undefined) return upgraded(socket!, "HTTP/1.1 200 OK", all);
    return upgraded(socket!, UPGRADED, { ...all, ...UPGRADE });
  }

  /** Too late for a status: the stream tells of the failure, if it is one of objects. */
  #endWithError(body: unknown): void {
    const { message } = body as { message?: string };
    if (message !== undefined && this.#streamType === "application/json")
      this.#response.write(`${JSON.stringify({ errorDetail: { message }, error: message })}\r\n`);
    this.#response.end();
  }
}

/** The answer to a request of HTTP/1.0, which Node would give as HTTP/1.1: the connection ends with it. */
export class OldAnswerer implements Answerer {
  readonly #response: ServerResponse;
  readonly #socket: Socket;
  readonly #headers: Headers;
  #isBegun = false;

  constructor(response: ServerResponse, headers: Headers) {
    this.#response = response;
    this.#socket = response.socket!;
    this.#headers = headers;
  }

  json(status: number, body: unknown): void {
    if (this.#isBegun) {
      this.#socket.end();
      return;
    }
    const text = `${JSON.stringify(body)}\n`;
    const headers = { "Content-Type": "application/json", "Content-Length": String(Buffer.byteLength(text)) };
    this.stream(status, headers).end(this.#response.req.method === "HEAD" ? "" : text);
  }

  empty(status: number): void {
    this.stream(status, {}).end();
  }

  end(): void {
    this.#socket.end();
  }

  stream(status: number, headers: Headers): Writable {
    return this.#begin(`HTTP/1.0 ${status} ${STATUS_CODES[status]}`, { ...this.#headers, ...headers });
  }

  hijack(contentType: string, headers: Headers): Hijacked {
    return this.#begin("HTTP/1.1 200 OK", { "Content-Type": contentType, ...headers }); // as in the original
  }

  #begin(statusLine: string, headers: Headers): Socket {
    this.#isBegun = true;
    this.#response.detachSocket(this.#socket);
    return upgraded(this.#socket, statusLine, { Date: new Date().toUTCString(), ...headers });
  }
}

/** The answer to a request with `Upgrade: tcp`: Node has left HTTP to us. */
export class UpgradedAnswerer implements Answerer {
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
    return upgraded(this.#socket, UPGRADED, { "Content-Type": contentType, ...UPGRADE, ...headers });
  }

  #end(status: number, headers: Headers, text = ""): void {
    const all = { ...this.#headers, ...headers, Connection: "close" };
    upgraded(this.#socket, `HTTP/1.1 ${status} ${STATUS_CODES[status]}`, all).end(text);
  }
}

/** What comes from now on is no request: the parser gives the connection back to whoever listens, and listens then itself. */
function withoutParser(socket: Socket): void {
  socket.on("data", () => {}).removeAllListeners("data");
  socket.pause();
}

function upgraded(socket: Socket, statusLine: string, headers: Headers): Socket {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.write(`${[statusLine, ...lines].join("\r\n")}\r\n\r\n`);
  return socket;
}
