/**
 * For tests: a program in criu's place, that writes down what it is asked for. It says that it can do everything, and then does nothing
 * of it: what becomes of a container, only criu can tell.
 *
 * The field numbers are those of criu's own description of its messages, and are read here without ours.
 *
 * @see https://github.com/checkpoint-restore/criu/blob/v3.17.1/images/rpc.proto
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/** `criu_req_type`. */
export const REQUEST = { DUMP: 1, RESTORE: 2, PRE_DUMP: 4, FEATURE_CHECK: 9, VERSION: 10 } as const;

/** A message: all values of each field, sorted, with numbers as texts and messages as their bytes. What is 0 or false is left out. */
export type Fields = Readonly<Record<number, readonly string[]>>;

export interface RecordedRequest {
  readonly type: number;
  /** `criu_opts`. */
  readonly options: Fields;
  /** `criu_features`. */
  readonly features: Fields;
}

export interface CriuRecorder {
  /** For `--criu`. */
  readonly path: string;
  /** What was asked for since the last time. */
  requests(): RecordedRequest[];
}

/** @param dir - An existing one, for the program and its record. */
export function recordCriu(dir: string): CriuRecorder {
  const [path, record] = [join(dir, "criu"), join(dir, "criu-requests")];
  writeFileSync(path, program(record), { mode: 0o755 });
  return {
    path,
    requests() {
      if (!existsSync(record)) return [];
      const lines = readFileSync(record, "utf8").trimEnd().split("\n");
      rmSync(record);
      return lines.map((line) => parseRequest(Buffer.from(line, "hex")));
    },
  };
}

/** Serves one request, on the socket that `criu swrk 3` names. It imports nothing, so that it starts fast. */
function program(record: string): string {
  const answers = Object.values(REQUEST).map((type) => [type, Buffer.from(answerTo(type)).toString("hex")]);
  return `#!${process.execPath}
const { appendFileSync, readSync, writeSync } = require("node:fs");
const socket = Number(process.argv.at(-1));
const bytes = Buffer.alloc(1 << 16);
function read() {
  try {
    return bytes.subarray(0, readSync(socket, bytes));
  } catch ({ code }) {
    if (code !== "EAGAIN") throw code; // genuine runc's socket doesn't block
    setTimeout(serve, 1);
  }
}
function serve() {
  const request = read();
  if (request === undefined) return;
  appendFileSync(${JSON.stringify(record)}, request.toString("hex") + "\\n");
  const type = request[1]; // in the first field, 08 TYPE
  writeSync(socket, Buffer.from(${JSON.stringify(Object.fromEntries(answers))}[type], "hex"));
}
serve();
`;
}

const { Varint, LengthDelimited } = WireType;

/** `criu_resp`: its type, whether it went well, and a message of its kind. */
function answerTo(type: number): Uint8Array {
  const answer = new BinaryWriter().tag(1, Varint).int32(type);
  const done = () => answer.tag(2, Varint).bool(true);
  if (type === REQUEST.VERSION) pair(done().tag(10, LengthDelimited), 3, 17);
  else if (type === REQUEST.FEATURE_CHECK) pair(done().tag(8, LengthDelimited), 1, 1);
  else answer.tag(2, Varint).bool(false);
  return answer.finish();
}

/** A message whose first two fields are numbers. */
function pair(writer: BinaryWriter, first: number, second: number): void {
  writer.fork().tag(1, Varint).int32(first).tag(2, Varint).int32(second).join();
}

function parseRequest(bytes: Uint8Array): RecordedRequest {
  const { 1: [type] = [], 2: [options = ""] = [], 5: [features = ""] = [] } = parseMessage(bytes);
  return { type: Number(type), options: parseMessage(latin1(options)), features: parseMessage(latin1(features)) };
}

const latin1 = (text: string) => Buffer.from(text, "latin1");

function parseMessage(bytes: Uint8Array): Fields {
  const reader = new BinaryReader(bytes);
  const fields: Record<number, string[]> = {};
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    const value = wireType === Varint ? String(reader.int64()) : Buffer.from(reader.bytes()).toString("latin1");
    if (value !== "0") fields[number] = [...(fields[number] ?? []), value].sort();
  }
  return fields;
}
