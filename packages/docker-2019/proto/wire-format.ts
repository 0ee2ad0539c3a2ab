/**
 * Protobuf's wire format: bytes for numbers, strings and nested bytes, each behind a tag that says which field it is.
 *
 *     message  = (tag value)*
 *     tag      = varint: field number << 3 | wire type
 *     varint   = 7 bits a byte, least significant first; the top bit says that another follows
 *     wire type  0 varint     1 eight bytes     2 varint length, then so many bytes     5 four bytes
 *
 * A string, a nested message and a packed list of numbers are all of type 2: only the schema (message.ts) tells them apart.
 * A negative int32 or int64 is its two's complement in 64 bits, so it takes ten bytes.
 *
 * @see https://protobuf.dev/programming-guides/encoding/
 */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";

export const VARINT = 0;
export const I64 = 1;
export const LEN = 2;
export const I32 = 5;

/** The longest varint: 64 bits, 7 a byte. */
const VARINT_BYTES_MAX = 10;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Appends values to a buffer that grows. */
export class WireWriter {
  #buffer = Buffer.allocUnsafe(128);
  #length = 0;

  tag(fieldNumber: number, wireType: number): void {
    this.varint32((fieldNumber << 3) | wireType);
  }

  /** @param value - An unsigned number below 2³². */
  varint32(value: number): void {
    this.#reserve(VARINT_BYTES_MAX);
    for (; value > 0x7f; value >>>= 7) this.#buffer[this.#length++] = (value & 0x7f) | 0x80;
    this.#buffer[this.#length++] = value;
  }

  varint64(value: bigint): void {
    this.#reserve(VARINT_BYTES_MAX);
    let rest = BigInt.asUintN(64, value);
    for (; rest > 0x7fn; rest >>= 7n) this.#buffer[this.#length++] = Number(rest & 0x7fn) | 0x80;
    this.#buffer[this.#length++] = Number(rest);
  }

  string(value: string): void {
    const length = Buffer.byteLength(value);
    this.varint32(length);
    this.#reserve(length);
    this.#length += this.#buffer.write(value, this.#length);
  }

  bytes(value: Uint8Array): void {
    this.varint32(value.length);
    this.#reserve(value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
  }

  /** What was written so far; a view, not a copy. */
  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + bytes));
    larger.set(this.finish());
    this.#buffer = larger;
  }
}

/**
 * Takes values off bytes that somebody else wrote. What it returns of them are views, not copies.
 *
 * @throws {InvalidArgument} From every method, when the bytes end too soon or break the format.
 */
export class WireReader {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#position === this.#bytes.length;
  }

  /** How many bytes have been taken. */
  get position(): number {
    return this.#position;
  }

  /** The next field's number and wire type. */
  tag(): [fieldNumber: number, wireType: number] {
    const tag = this.varint32();
    if (tag >>> 3 === 0) throw new InvalidArgument("Cannot read protobuf: there is no field 0");
    return [tag >>> 3, tag & 7];
  }

  /** A varint's low 32 bits, unsigned: higher ones are dropped, as they are where a number was written as a wider type. */
  varint32(): number {
    let value = 0;
    for (let shift = 0; shift < VARINT_BYTES_MAX * 7; shift += 7) {
      const byte = this.#byte();
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new InvalidArgument(`Cannot read protobuf: a varint has more than ${VARINT_BYTES_MAX} bytes`);
  }

  /** A varint's 64 bits, unsigned. */
  varint64(): bigint {
    const start = this.#position;
    const low = this.#bits28();
    if (this.#bytes[this.#position - 1]! < 0x80) return BigInt(low);
    const middle = this.#bits28();
    if (this.#bytes[this.#position - 1]! < 0x80) return (BigInt(middle) << 28n) | BigInt(low);
    const high = this.varint32();
    if (this.#position - start > VARINT_BYTES_MAX) {
      throw new InvalidArgument(`Cannot read protobuf: a varint has more than ${VARINT_BYTES_MAX} bytes`);
    }
    return BigInt.asUintN(64, (BigInt(high) << 56n) | (BigInt(middle) << 28n) | BigInt(low));
  }

  string(): string {
    const bytes = this.bytes();
    try {
      return utf8.decode(bytes);
    } catch (cause) {
      throw new InvalidArgument("Cannot read protobuf: a string is not UTF-8", { cause });
    }
  }

  bytes(): Uint8Array {
    const length = this.varint32();
    this.#advance(length);
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + this.#position - length, length);
  }

  /** The same, of bytes that may have been cut short: what there is of it. */
  bytesUpToEnd(): { readonly bytes: Uint8Array; readonly isWhole: boolean } {
    const length = this.varint32();
    const there = Math.min(length, this.#bytes.length - this.#position);
    this.#position += there;
    const bytes = this.#bytes.subarray(this.#position - there, this.#position);
    return { bytes, isWhole: there === length };
  }

  /** Passes over a value that no schema here knows. */
  skip(wireType: number): void {
    if (wireType === VARINT) this.varint32();
    else if (wireType === LEN) this.bytes();
    else if (wireType === I64) this.#advance(8);
    else if (wireType === I32) this.#advance(4);
    else throw new InvalidArgument(`Cannot read protobuf: wire type ${wireType} is not one of proto3`);
  }

  #byte(): number {
    this.#advance(1);
    return this.#bytes[this.#position - 1]!;
  }

  /** At most four bytes of a varint, 7 bits each. */
  #bits28(): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return value;
  }

  #advance(bytes: number): void {
    if (this.#position + bytes > this.#bytes.length) {
      throw new InvalidArgument(
        `Cannot read protobuf: it ends ${this.#position + bytes - this.#bytes.length} bytes too soon`,
      );
    }
    this.#position += bytes;
  }
}
