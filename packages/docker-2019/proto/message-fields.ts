/**
 * A message's bytes for people: which field is where in them, its number, its name and its type in the .proto file, and what it says.
 *
 *     0a 03 77 65 62 10 07    1 id string "web"    2 pid uint32 7
 *
 * It goes by the bytes, where message.ts makes an object of them: fields that no schema knows are shown too, and bytes that have been cut
 * short are read as far as they go.
 */
import type { TraceMessage } from "@eras/trace/event.ts";
import type { MessageField } from "@eras/trace/message-field.ts";
import type { FieldType, NamedField, Schema } from "./message.ts";
import { scalarType } from "./scalars.ts";
import { findMethod, findSchema } from "./schemas.ts";
import { LEN, VARINT, WireReader } from "./wire-format.ts";

const ANY = "google.protobuf.Any";
/** JSON lies in an Any under such a name: any.ts. */
const JSON_URL = "types.containerd.io/";
/** Of bytes that mean nothing here, that many are shown. */
const SHOWN_BYTES = 48;

/** The fields of a message of gRPC or ttrpc, if the trace has its bytes. */
export function fieldsOfMessage({ summary, answers, payload }: TraceMessage): readonly MessageField[] | undefined {
  const method = findMethod(answers ?? summary);
  if (payload === undefined || method === undefined) return undefined;
  return readMessageFields(answers === undefined ? method.input : method.output, Buffer.from(payload.base64, "base64"));
}

/** @param bytes - The message, or its beginning. @param offset - Where they lie in the whole. */
export function readMessageFields(schema: Schema<object> | undefined, bytes: Uint8Array, offset = 0): MessageField[] {
  const fields: MessageField[] = [];
  const reader = new WireReader(bytes);
  while (!reader.done) {
    const start = reader.position;
    try {
      fields.push(readField(schema, reader, fields, offset));
    } catch {
      const at = [offset + start, offset + bytes.length] as const; // they end within a number
      return [...fields, { number: 0, name: "", type: "", at, value: hex(bytes.subarray(start)), isCut: true }];
    }
  }
  return fields;
}

function readField(
  schema: Schema<object> | undefined,
  reader: WireReader,
  before: readonly MessageField[],
  offset: number,
): MessageField {
  const start = offset + reader.position;
  const [number, wireType] = reader.tag();
  const known = schema?.byNumber.get(number);
  const name = known?.protoName ?? "";
  const end = () => offset + reader.position;
  if (wireType === LEN) {
    const { bytes, isWhole } = reader.bytesUpToEnd();
    const inner = { bytes, offset: end() - bytes.length };
    const said = schema?.typeName === ANY && number === 2 ? anyValue(before, inner) : lengthValue(known, inner);
    return { number, name, ...said, at: [start, end()], ...(!isWhole && { isCut: true }) };
  }
  const value = wireType === VARINT ? varintText(known, reader) : skippedText(reader, wireType);
  return { number, name, type: known ? typeName(known.type) : "", at: [start, end()], value };
}

/** What lies behind a length, and where in the message. */
interface Inner {
  readonly bytes: Uint8Array;
  readonly offset: number;
}

type Said = Pick<MessageField, "type" | "value" | "fields">;

function lengthValue(known: NamedField | undefined, { bytes, offset }: Inner): Said {
  if (known === undefined) return { type: "", value: hex(bytes) };
  const type = typeName(known.type);
  if (known.many === "map") return { type: `map of ${type}`, fields: readMessageFields(entryOf(known), bytes, offset) };
  if (typeof known.type === "function") return { type, fields: readMessageFields(known.type(), bytes, offset) };
  if (known.type === "string") return { type, value: JSON.stringify(text(bytes)) };
  return { type, value: known.type === "bytes" ? hex(bytes) : packedText(known.type, bytes) };
}

/** What is in an Any, by the type_url before it. */
function anyValue([first]: readonly MessageField[], { bytes, offset }: Inner): Said {
  const url: string = first?.number === 1 ? JSON.parse(first.value ?? '""') : "";
  if (url.startsWith(JSON_URL)) return { type: "JSON", value: text(bytes) };
  const schema = findSchema(url.slice(url.lastIndexOf("/") + 1));
  if (!schema) return { type: "bytes", value: hex(bytes) };
  return { type: schema.typeName, fields: readMessageFields(schema, bytes, offset) };
}

/** A map lies on the wire as messages of a key and a value. */
function entryOf({ name, type }: NamedField): Schema<object> {
  const key: NamedField = { number: 1, type: "string", name: "key", protoName: "key" };
  const value: NamedField = { number: 2, type, name: "value", protoName: "value" };
  return { typeName: name, fields: [key, value], byNumber: new Map([[1, key], [2, value]]) }; // biome-ignore format: two pairs
}

function typeName(type: FieldType): string {
  return typeof type === "function" ? type().typeName : type;
}

function varintText(known: NamedField | undefined, reader: WireReader): string {
  if (known === undefined || typeof known.type === "function") return String(reader.varint64());
  return String(scalarType(known.type).read(reader));
}

function packedText(type: Exclude<FieldType, () => Schema<object>>, bytes: Uint8Array): string {
  const reader = new WireReader(bytes);
  const values: string[] = [];
  while (!reader.done) values.push(String(scalarType(type).read(reader)));
  return values.join(", ");
}

function skippedText(reader: WireReader, wireType: number): string {
  reader.skip(wireType);
  return "";
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
}

function hex(bytes: Uint8Array): string {
  const shown = [...bytes.subarray(0, SHOWN_BYTES)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return bytes.length > SHOWN_BYTES ? `${shown} …` : shown;
}
