/**
 * Messages: plain objects on this side, protobuf on the wire, and a schema that knows the way.
 *
 *     const bytes = toBinary(MountSchema, { type: "bind", options: ["ro"] });    // 0a 04 62 69 6e 64  22 02 72 6f
 *     fromBinary(MountSchema, bytes);       // { type: "bind", source: "", target: "", options: ["ro"] }
 *
 * Schemas and types are generated (gen/) from the .proto files by protoc-gen-messages.ts. The functions have the names that protobuf-es
 * gives them; its run-time library itself would take more time and memory of each shim than the rest of it.
 *
 * | proto3                      | here                        | if absent             |
 * |-----------------------------|-----------------------------|-----------------------|
 * | string, bytes, bool         | string, Uint8Array, boolean | `""`, no bytes, false |
 * | int32, uint32, enum         | number                      | 0                     |
 * | int64, uint64               | bigint                      | 0n                    |
 * | a message                   | its object                  | undefined             |
 * | repeated T, map<string, T>  | array, object               | empty                 |
 *
 * proto3 does not tell a zero from what is absent: neither is written. Fields that a schema does not know are passed over.
 *
 * @see https://protobuf.dev/programming-guides/proto3/
 */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { isZero, type SCALARS, scalarType } from "./scalars.ts";
import { LEN, VARINT, WireReader, WireWriter } from "./wire-format.ts";

/** A scalar's name, or a message's schema: asked for late, because messages are declared in any order. */
export type FieldType = keyof typeof SCALARS | (() => Schema<object>);

/** A field: its number, and what it holds. The keys of a map are strings. */
export interface Field {
  readonly number: number;
  readonly type: FieldType;
  readonly many?: "repeated" | "map";
}

/** How messages of type `T` are written. Made by {@link message}, in generated code. */
export interface Schema<T extends object> {
  /** With its package: "containerd.types.Mount". */
  readonly typeName: string;
  readonly fields: readonly NamedField[];
  readonly byNumber: ReadonlyMap<number, NamedField>;
  /** Never there: it ties the schema to its type. */
  readonly messageType?: T;
}

/** A field with its names: `exit_status` in the .proto file, `exitStatus` in objects. */
export interface NamedField extends Field {
  readonly protoName: string;
  readonly name: string;
}

/** What a message is made of: whatever is left out is absent. */
export type Init<T> = T extends string | number | bigint | boolean | Uint8Array | undefined
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Init<Item>[]
    : { readonly [Name in keyof T]?: Init<T[Name]> | undefined };

type Values = Record<string, unknown>;

/** Declares a message by its fields, named as in the .proto file. */
export function message<T extends object>(typeName: string, fields: Readonly<Record<string, Field>>): Schema<T> {
  const named = Object.entries(fields).map(([protoName, field]) => ({
    ...field,
    protoName,
    name: protoName.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()),
  }));
  return { typeName, fields: named, byNumber: new Map(named.map((field) => [field.number, field])) };
}

/** The whole message: `init`, and the zeros of what it leaves out. */
export function create<T extends object>(schema: Schema<T>, init?: Init<T>): T {
  const whole: Values = {};
  for (const field of schema.fields) {
    const value = (init as Values | undefined)?.[field.name];
    whole[field.name] = value === undefined ? absent(field) : complete(field, value);
  }
  return whole as T;
}

/** The message's bytes. */
export function toBinary<T extends object>(schema: Schema<T>, init: Init<T>): Buffer {
  const writer = new WireWriter();
  for (const field of schema.fields) {
    const value = (init as Values)[field.name];
    if (value !== undefined) writeField(writer, field, value);
  }
  return writer.finish();
}

/**
 * The message that `bytes` hold. Its bytes fields are views of `bytes`, not copies.
 *
 * @throws {InvalidArgument} When they are not protobuf, or hold a field in another wire type than the schema's.
 */
export function fromBinary<T extends object>(schema: Schema<T>, bytes: Uint8Array): T {
  const whole = create(schema);
  readFields(schema, new WireReader(bytes), whole as Values);
  return whole;
}

function absent(field: Field): unknown {
  if (field.many) return field.many === "repeated" ? [] : {};
  return typeof field.type === "function" ? undefined : scalarType(field.type).zero;
}

function complete({ many, type }: Field, value: unknown): unknown {
  if (typeof type !== "function") return value;
  const whole = (part: unknown) => create(type(), part as object);
  if (many === "repeated") return (value as unknown[]).map(whole);
  if (many === "map")
    return Object.fromEntries(Object.entries(value as Values).map(([key, part]) => [key, whole(part)]));
  return whole(value);
}

function writeField(writer: WireWriter, field: NamedField, value: unknown): void {
  if (field.many === "map") {
    const { type } = entryField(field);
    for (const [key, item] of Object.entries(value as Values))
      writeValue(writer, field.number, type, { key, value: item });
  } else if (field.many === "repeated") {
    writeItems(writer, field, value as unknown[]);
  } else if (!isZero(value)) writeValue(writer, field.number, field.type, value);
}

/** Numbers lie side by side behind one tag ("packed"); everything else has a tag each, a zero too. */
function writeItems(writer: WireWriter, { number, type }: Field, items: readonly unknown[]): void {
  const scalar = typeof type === "function" ? undefined : scalarType(type);
  if (scalar?.wireType !== VARINT) for (const item of items) writeValue(writer, number, type, item);
  else if (items.length > 0) {
    const packed = new WireWriter();
    for (const item of items) scalar.write(packed, item as number);
    writer.tag(number, LEN);
    writer.bytes(packed.finish());
  }
}

function writeValue(writer: WireWriter, number: number, type: FieldType, value: unknown): void {
  if (typeof type === "function") {
    writer.tag(number, LEN);
    writer.bytes(toBinary(type(), value as object));
  } else {
    const scalar = scalarType(type);
    writer.tag(number, scalar.wireType);
    scalar.write(writer, value as string);
  }
}

function readFields(schema: Schema<object>, reader: WireReader, into: Values): void {
  while (!reader.done) {
    const [number, wireType] = reader.tag();
    const field = schema.byNumber.get(number);
    if (field === undefined) reader.skip(wireType);
    else if (field.many === "repeated") readItems(reader, field, wireType, into[field.name] as unknown[]);
    else if (field.many === "map") readMapEntry(reader, field, wireType, into[field.name] as Values);
    else into[field.name] = readValue(reader, field, wireType, into[field.name]);
  }
}

/** Numbers may come packed or one by one, whatever the writer likes. */
function readItems(reader: WireReader, field: NamedField, wireType: number, items: unknown[]): void {
  const scalar = typeof field.type === "function" ? undefined : scalarType(field.type);
  if (scalar?.wireType === VARINT && wireType === LEN) {
    const packed = new WireReader(reader.bytes());
    while (!packed.done) items.push(scalar.read(packed));
  } else items.push(readValue(reader, field, wireType));
}

function readMapEntry(reader: WireReader, field: NamedField, wireType: number, map: Values): void {
  const { key, value } = readValue(reader, entryField(field), wireType) as MapEntry;
  const held = value === undefined ? create((field.type as () => Schema<object>)()) : value;
  Object.defineProperty(map, key, { value: held, enumerable: true, configurable: true, writable: true }); // even "__proto__"
}

interface MapEntry {
  key: string;
  value: unknown;
}

/** A map is a repeated message { string key = 1; T value = 2; }. */
function entryField({ number, type, name, protoName }: NamedField): NamedField {
  const entry = message<MapEntry>(protoName, { key: { number: 1, type: "string" }, value: { number: 2, type } });
  return { number, name, protoName, type: () => entry };
}

/** @param before - What the field held: a message that comes in two parts is both together, of anything else the last one counts. */
function readValue(reader: WireReader, field: NamedField, wireType: number, before?: unknown): unknown {
  if (typeof field.type === "function") {
    expectWireType(field, wireType, LEN);
    const whole = (before ?? create(field.type())) as Values;
    readFields(field.type(), new WireReader(reader.bytes()), whole);
    return whole;
  }
  const scalar = scalarType(field.type);
  expectWireType(field, wireType, scalar.wireType);
  return scalar.read(reader);
}

function expectWireType({ name, number }: NamedField, wireType: number, expected: number): void {
  if (wireType === expected) return;
  throw new InvalidArgument(
    `Cannot read protobuf: field ${number} (${name}) has wire type ${wireType}, not ${expected}`,
  );
}
