/** A message as the trace has it: what it says, the bytes of it that are known, and a command that sends the same. */
import type { ShownEvent } from "../recorded-run.ts";

export interface Message {
  /** What it says, as text to read: JSON is laid out. */
  readonly decoded: string;
  /** Those of the request line or of the JSON body; none where the trace has only the name of a method. */
  readonly bytes: Uint8Array | undefined;
  /** `nc` or `curl`, with its arguments. */
  readonly command: { readonly name: string; readonly line: string } | undefined;
}

export function readMessage(event: ShownEvent): Message {
  const { msg, args } = event;
  const { channel, summary = "", id = "", answers } = msg ?? {};
  if (channel === "rcli")
    return { decoded: laidOut(summary), bytes: encode(`${summary}\n`), command: netcat(summary, id) };
  const body = args?.body === undefined ? undefined : JSON.stringify(args.body);
  return {
    decoded: [summary, ...(body === undefined ? otherArguments(args) : ["", laidOut(body)])].join("\n"),
    bytes: body === undefined ? undefined : encode(body),
    command: channel === "http" && answers === undefined ? curl(summary, body) : undefined,
  };
}

function otherArguments(args: ShownEvent["args"]): string[] {
  return args && Object.keys(args).length > 0 ? ["", laidOut(JSON.stringify(args))] : [];
}

function laidOut(text: string): string {
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
function netcat(line: string, id: string): Message["command"] {
  const [host, port] = (id.split("-")[1] ?? "127.0.0.1:4242").split(":");
  return { name: "nc", line: `printf '%s\\n' ${quoted(line)} | nc ${host} ${port}` };
}

/** @param summary - `POST /v1.40/containers/create`. */
function curl(summary: string, body: string | undefined): Message["command"] {
  const [method = "", path = ""] = summary.split(" ");
  const verb = method === "HEAD" ? "-I" : `-X ${method}`;
  const data = body === undefined ? "" : ` -H 'Content-Type: application/json' -d ${quoted(body)}`;
  return {
    name: "curl",
    line: `curl --unix-socket /var/run/docker.sock ${verb}${data} ${quoted(`http://localhost${path}`)}`,
  };
}

/** A word of a shell. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
