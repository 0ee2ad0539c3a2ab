/**
 * The types of numbers, strings and bytes: each one's wire type, its zero, and how it is written and read.
 *
 * @see https://protobuf.dev/programming-guides/proto3/#scalar
 */
import { LEN, VARINT, type WireReader, type WireWriter } from "./wire-format.ts";

/** What a field of a scalar type holds in an object. */
export type ScalarValue = string | Uint8Array | boolean | number | bigint;

/** One of proto3's scalar types. */
export interface Scalar<T extends ScalarValue = ScalarValue> {
  readonly wireType: number;
  /** What an absent field holds; a field that holds it is not written. */
  readonly zero: T;
  write(writer: WireWriter, value: T): void;
  read(reader: WireReader): T;
}

const NO_BYTES: Uint8Array = new Uint8Array();

const string: Scalar<string> = {
  wireType: LEN,
  zero: "",
  write: (writer, value) => writer.string(value),
  read: (reader) => reader.string(),
};

const bytes: Scalar<Uint8Array> = {
  wireType: LEN,
  zero: NO_BYTES,
  write: (writer, value) => writer.bytes(value),
  read: (reader) => reader.bytes(),
};

const bool: Scalar<boolean> = {
  wireType: VARINT,
  zero: false,
  write: (writer, value) => writer.varint32(value ? 1 : 0),
  read: (reader) => reader.varint64() !== 0n,
};

const uint32: Scalar<number> = {
  wireType: VARINT,
  zero: 0,
  write: (writer, value) => writer.varint32(value >>> 0),
  read: (reader) => reader.varint32(),
};

const int32: Scalar<number> = {
  wireType: VARINT,
  zero: 0,
  write: (writer, value) => (value < 0 ? writer.varint64(BigInt(value)) : writer.varint32(value)),
  read: (reader) => reader.varint32() | 0,
};

const uint64: Scalar<bigint> = {
  wireType: VARINT,
  zero: 0n,
  write: (writer, value) => writer.varint64(value),
  read: (reader) => reader.varint64(),
};

const int64: Scalar<bigint> = { ...uint64, read: (reader) => BigInt.asIntN(64, reader.varint64()) };

/** The scalar types that containerd's messages use, by their names in .proto files. */
export const SCALARS = { string, bytes, bool, int32, uint32, int64, uint64, enum: int32 };

/** The scalar type of a name; its values are the caller's word for it. */
export function scalarType(name: keyof typeof SCALARS): Scalar {
  return SCALARS[name] as Scalar;
}

/** Whether an absent field would hold this value. */
export function isZero(value: unknown): boolean {
  return value instanceof Uint8Array
    ? value.length === 0
    : value === "" || value === false || value === 0 || value === 0n;
}
