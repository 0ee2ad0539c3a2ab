/** Writing values as D-Bus has them on the wire, little end first. */
import { alignmentOf, memberTypes, typesOf } from "./signature.ts";

/** A value that brings its type with it. */
export interface Variant {
  readonly signature: string;
  readonly value: DBusValue;
}

/**
 * A value of any type: numbers of 64 bits are bigint, structs and pairs are arrays of their members. Arrays of bytes may be Buffers.
 */
export type DBusValue = boolean | number | bigint | string | Variant | Buffer | readonly DBusValue[];

/**
 * Writes values one after the other.
 *
 * @throws {Error} When a value is not of its type.
 */
export function encode(signature: string, values: readonly DBusValue[]): Buffer {
  const types = typesOf(signature);
  if (types.length !== values.length) throw new Error(`Cannot write ${values.length} values as "${signature}"`);
  const encoder = new Encoder();
  types.forEach((type, i) => {
    encoder.write(type, values[i]!);
  });
  return encoder.bytes();
}

class Encoder {
  #parts: Buffer[] = [];
  #length = 0;

  bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }

  write(type: string, value: DBusValue): void {
    this.#align(alignmentOf(type));
    if (type === "s" || type === "o") this.#string(4, expect(type, value, "string"));
    else if (type === "g") this.#string(1, expect(type, value, "string"));
    else if (type === "b") this.#number("u", expect(type, value, "boolean") ? 1 : 0);
    else if (type === "v") this.#variant(value as Variant);
    else if (type.startsWith("a")) this.#array(type.slice(1), value as readonly DBusValue[]);
    else if (/^[({]/.test(type)) this.#struct(memberTypes(type), value as readonly DBusValue[]);
    else this.#number(type, value as number | bigint);
  }

  #align(multiple: number): void {
    this.#push(Buffer.alloc(-this.#length & (multiple - 1)));
  }

  #push(bytes: Buffer): void {
    this.#parts.push(bytes);
    this.#length += bytes.length;
  }

  #number(type: string, value: number | bigint): void {
    const bytes = Buffer.alloc(alignmentOf(type));
    NUMBERS[type]!(bytes, value);
    this.#push(bytes);
  }

  /** Length, text, and a zero that the length doesn't count. */
  #string(lengthSize: 1 | 4, text: string): void {
    const bytes = Buffer.from(text);
    if (bytes.includes(0))
      throw new Error(`Cannot write ${JSON.stringify(text)} to D-Bus: it contains a null character`);
    this.#number(lengthSize === 1 ? "y" : "u", bytes.length);
    this.#push(bytes);
    this.#push(Buffer.alloc(1));
  }

  #variant({ signature, value }: Variant): void {
    this.#string(1, signature);
    this.write(signature, value);
  }

  #struct(types: readonly string[], values: readonly DBusValue[]): void {
    types.forEach((type, i) => {
      this.write(type, values[i]!);
    });
  }

  /** The length in bytes counts from the first element on, behind what aligns it; so it is written last. */
  #array(type: string, values: readonly DBusValue[] | Buffer): void {
    const length = Buffer.alloc(4);
    this.#push(length);
    this.#align(alignmentOf(type));
    const start = this.#length;
    if (Buffer.isBuffer(values)) this.#push(values);
    else for (const value of values) this.write(type, value);
    length.writeUInt32LE(this.#length - start);
  }
}

const NUMBERS: Readonly<Record<string, (bytes: Buffer, value: number | bigint) => void>> = {
  y: (bytes, value) => bytes.writeUInt8(Number(value)),
  n: (bytes, value) => bytes.writeInt16LE(Number(value)),
  q: (bytes, value) => bytes.writeUInt16LE(Number(value)),
  i: (bytes, value) => bytes.writeInt32LE(Number(value)),
  u: (bytes, value) => bytes.writeUInt32LE(Number(value)),
  x: (bytes, value) => bytes.writeBigInt64LE(BigInt(value)),
  t: (bytes, value) => bytes.writeBigUInt64LE(BigInt(value)),
  d: (bytes, value) => bytes.writeDoubleLE(Number(value)),
};

function expect<Kind extends "string" | "boolean">(
  type: string,
  value: DBusValue,
  kind: Kind,
): Kind extends "string" ? string : boolean {
  if (typeof value !== kind) throw new Error(`Cannot write ${typeof value} ${String(value)} to D-Bus as "${type}"`);
  return value as never;
}
