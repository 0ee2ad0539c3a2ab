/** Bytes to a socket, and what comes back: for requests that no client would make. */
import { connect, type Socket } from "node:net";

export interface RawAnswer {
  /** `1.1` */
  readonly version: string | undefined;
  readonly status: number;
  /** As it is, chunked or not. */
  readonly body: string;
}

/** A request in full, with which the connection ends. A body that is no text is sent as JSON. */
export function requestText(line: string, body?: unknown, headers: readonly string[] = []): string {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const lines = [`${line} HTTP/1.1`, "Host: docker", "Connection: close", ...headers];
  if (text !== undefined) lines.push(`Content-Length: ${Buffer.byteLength(text)}`);
  if (text !== undefined && !headers.some((header) => /^content-type:/i.test(header)))
    lines.push("Content-Type: application/json");
  return `${lines.join("\r\n")}\r\n\r\n${text ?? ""}`;
}

/** Sends bytes and reads to the end. @param sendsMore - Whether the connection stays open in that direction. */
export async function sendRaw(path: string, bytes: string | Buffer, { sendsMore = false } = {}): Promise<RawAnswer> {
  const socket = connect({ path, allowHalfOpen: true });
  socket.on("error", () => {}); // who has heard enough may reset
  if (sendsMore) socket.write(bytes);
  else socket.end(bytes);
  const answer = await readAll(socket);
  socket.destroy();
  const [, version, status] = /^HTTP\/(1\.\d) (\d+)/.exec(answer) ?? [];
  return { version, status: Number(status ?? 0), body: bodyOf(answer) };
}

function readAll(socket: Socket): Promise<string> {
  let answer = "";
  socket.on("data", (chunk: Buffer) => {
    answer += chunk.toString();
  });
  return new Promise((resolve) => {
    socket.once("end", () => resolve(answer)).once("close", () => resolve(answer));
  });
}

/** Of the last answer, when there was an informational one before it. */
function bodyOf(answer: string): string {
  const [head = "", ...rest] = answer.split("\r\n\r\n");
  const body = rest.join("\r\n\r\n");
  return head.startsWith("HTTP/1.1 100") ? bodyOf(body) : body;
}
