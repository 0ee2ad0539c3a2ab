/**
 * What is no request, or only the beginning of one: the parser of HTTP gives it up, and the client is told why, in the words of Go's server.
 *
 * @see https://nodejs.org/api/http.html#event-clienterror
 */
import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

const { STATUS_CODES } = process.getBuiltinModule("node:http");

/** What the parser says: a code, and all or a part of what it has read. */
export interface ParseError extends Error {
  readonly code?: string;
  readonly rawPacket?: Buffer;
}

/** A method is a token: RFC 9110, 5.6.2. The parser knows only those that have been registered. */
const REQUEST_LINE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+ \S+ HTTP\/1\.[01]\r?\n/;
const NAME_WITH_SPACE = /^[^\s:]+[ \t]+:/m;

const JSON_TYPE = "application/json";
const TEXT_TYPE = "text/plain; charset=utf-8";

/** @param response - To the request that was being read, if its head was whole. */
export function answerBroken(error: ParseError, socket: Duplex, response: ServerResponse | undefined): void {
  const { code, rawPacket } = error;
  const head = rawPacket?.toString("latin1") ?? "";
  if (response?.headersSent || !socket.writable || code === "ECONNRESET") socket.destroy();
  else if (response && code === "HPE_INVALID_TRANSFER_ENCODING")
    end(socket, 501, TEXT_TYPE, "Unsupported transfer encoding");
  else if (response) endWithMessage(socket, 500, bodyFailure(code));
  else if (code === "HPE_INVALID_METHOD" && REQUEST_LINE.test(head)) endWithMessage(socket, 404, "page not found");
  else refuse(socket, statusOf(code), code === "HPE_INVALID_HEADER_TOKEN" ? headerFailure(error, head) : "");
}

/** Gives a connection up before there is a handler. @param reason - More than the status says; may be empty. */
export function refuse(socket: Duplex, status: number, reason = ""): void {
  const text = `${status} ${STATUS_CODES[status]}${reason && `: ${reason}`}`;
  end(socket, status, TEXT_TYPE, text, text.slice(String(status).length + 1));
}

function statusOf(code: string | undefined): number {
  if (code === "HPE_HEADER_OVERFLOW") return 431;
  return code === "ERR_HTTP_REQUEST_TIMEOUT" ? 408 : 400;
}

function headerFailure({ message }: ParseError, head: string): string {
  if (message.includes("header value")) return "invalid header value";
  return NAME_WITH_SPACE.test(head) ? "invalid header name" : "";
}

function bodyFailure(code: string | undefined): string {
  return code === "HPE_INVALID_CHUNK_SIZE" ? "invalid byte in chunk length" : "unexpected EOF";
}

function endWithMessage(socket: Duplex, status: number, message: string): void {
  end(socket, status, JSON_TYPE, `${JSON.stringify({ message })}\n`);
}

function end(socket: Duplex, status: number, type: string, body: string, phrase = STATUS_CODES[status]): void {
  const head = [`HTTP/1.1 ${status} ${phrase}`, `Content-Type: ${type}`, "Connection: close"];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}
