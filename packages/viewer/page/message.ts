/** A message as the trace has it: what it says, the bytes of it that are known, and a command that sends the same. */
import type { ShownEvent } from "../recorded-run.ts";

export interface Message {
  /** What it says, as text to read: JSON is laid out. */
  readonly decoded: string;
  /** Those of the request line, of the body, or of the protobuf message; none where the trace has only a name. */
  readonly bytes: Uint8Array | undefined;
  /** How many bytes there were, where the trace has kept the first of them only. */
  readonly cutFrom: number | undefined;
  /** `nc` or `curl`, with its arguments. */
  readonly command: Command | undefined;
}

export interface Command {
  readonly name: string;
  readonly line: string;
}

export function readMessage(event: ShownEvent): Message {
  const { summary = "", id = "", channel, payload } = event.msg ?? {};
  if (channel === "rcli") {
    const bytes = encode(`${summary}\n`);
    return { decoded: laidOut(summary), bytes, cutFrom: undefined, command: netcat(summary, id) };
  }
  if (!payload) return jsonMessage(event);
  return channel === "http" ? streamedMessage(event, payload) : protobufMessage(event, payload);
}

function jsonMessage({ msg, args }: ShownEvent): Message {
  const { channel, summary = "", answers, address } = msg ?? {};
  const body = args?.body === undefined ? undefined : JSON.stringify(args.body);
  const isRequest = channel === "http" && answers === undefined;
  return {
    decoded: [summary, ...(body === undefined ? otherArguments(args) : ["", laidOut(body)])].join("\n"),
    bytes: body === undefined ? undefined : encode(body),
    cutFrom: undefined,
    command: isRequest && address !== undefined ? curl(summary, body, address) : undefined,
  };
}

type Traced = NonNullable<ShownEvent["msg"]>;

/** An answer that came piece by piece: lines of JSON, or a container's output, in frames unless it had a terminal. */
function streamedMessage({ msg }: ShownEvent, { base64, length }: NonNullable<Traced["payload"]>): Message {
  const bytes = bytesOf(base64);
  const text = new TextDecoder().decode(bytes);
  return {
    decoded: text.includes("\0") ? (msg?.summary ?? "") : text, // a frame's head has zeros, and no text has
    bytes,
    cutFrom: bytes.length < length ? length : undefined,
    command: undefined,
  };
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function protobufMessage({ msg }: ShownEvent, { base64, length }: NonNullable<Traced["payload"]>): Message {
  const bytes = bytesOf(base64);
  const isCut = bytes.length < length;
  const isRequest = msg?.channel === "grpc" && msg.answers === undefined;
  return {
    decoded: msg?.summary ?? "",
    bytes,
    cutFrom: isCut ? length : undefined,
    command: isRequest && !isCut && msg.address !== undefined ? grpcCurl(msg, bytes) : undefined,
  };
}

function otherArguments(args: ShownEvent["args"]): string[] {
  return args && Object.keys(args).length > 0 ? ["", laidOut(JSON.stringify(args))] : [];
}

export function laidOut(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** @param id - The connection: `127.0.0.1:57408-127.0.0.1:4242`. */
function netcat(line: string, id: string): Command {
  const [host, port] = (id.split("-")[1] ?? "127.0.0.1:4242").split(":");
  return { name: "nc", line: `printf '%s\\n' ${quoted(line)} | nc ${host} ${port}` };
}

/** @param summary - `POST /v1.40/containers/create`. */
function curl(summary: string, body: string | undefined, socket: string): Command {
  const [method = "", path = ""] = summary.split(" ");
  const verb = method === "HEAD" ? "-I" : `-X ${method}`;
  const data = body === undefined ? "" : ` -H 'Content-Type: application/json' -d ${quoted(body)}`;
  return { name: "curl", line: `curl --unix-socket ${socket} ${verb}${data} ${quoted(`http://localhost${path}`)}` };
}

/**
 * gRPC is a POST in HTTP/2. Before each message five bytes: whether it is compressed, and its length.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 */
function grpcCurl({ summary, metadata = {}, address }: Traced, message: Uint8Array): Command {
  const frame = new Uint8Array(5 + message.length);
  new DataView(frame.buffer).setUint32(1, message.length);
  frame.set(message, 5);
  const base64 = btoa(Array.from(frame, (byte) => String.fromCharCode(byte)).join(""));
  const headers = { "Content-Type": "application/grpc", TE: "trailers", ...metadata };
  const words = [
    `curl -s --http2-prior-knowledge --unix-socket ${address}`,
    ...Object.entries(headers).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    `--data-binary @- http://localhost/${summary}`,
  ];
  return { name: "curl", line: `echo ${base64} | base64 -d | ${words.join(" ")} | od -A x -t x1z` };
}

/** A word of a shell. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
