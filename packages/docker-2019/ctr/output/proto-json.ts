/** Messages as Go's JSON has them: names with underscores, nothing that is absent or zero, times in RFC 3339. */
import type { Timestamp } from "../../proto/gen/google/protobuf/timestamp_pb.ts";
import type { NamedField, Schema } from "../../proto/message.ts";
import { rfc3339Nano } from "./time.ts";

const { rawJSON } = JSON as unknown as { rawJSON(text: string): object }; // not yet in the library's types

/** A message as a plain value, to be printed as JSON. */
export function protoJson(schema: Schema<object>, message: object): unknown {
  if (schema.typeName === "google.protobuf.Timestamp") return rfc3339Nano(message as Timestamp);
  const values = message as Readonly<Record<string, unknown>>;
  const shown = schema.fields.filter(({ name }) => !isAbsent(values[name]));
  return Object.fromEntries(shown.map((field) => [field.protoName, fieldJson(field, values[field.name])]));
}

function fieldJson({ type, many }: NamedField, value: unknown): unknown {
  const one = (part: unknown) => (typeof type === "function" ? protoJson(type(), part as object) : scalarJson(part));
  if (many === "repeated") return (value as readonly unknown[]).map(one);
  if (many === "map") return Object.fromEntries(Object.entries(value as object).map(([key, part]) => [key, one(part)]));
  return one(value);
}

function scalarJson(value: unknown): unknown {
  if (typeof value === "bigint") return rawJSON(String(value)); // to the last digit, which a number of ours may not have
  return value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value;
}

function isAbsent(value: unknown): boolean {
  if (value === undefined || value === "" || value === 0 || value === 0n || value === false) return true;
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}
