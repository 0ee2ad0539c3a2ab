/** Reading values as D-Bus has them on the wire. */
import type { DBusValue } from "./encoder.ts";
import { alignmentOf, memberTypes, typesOf } from "./signature.ts";

/** Reads values one after the other. Positions are aligned from the start of `bytes`. */
export class Decoder {
  readonly #bytes: Buffer;
  readonly #littleEnd: boolean;
  #at = 0;

  constructor(bytes: Buffer, littleEnd: boolean) {
    this.#bytes = bytes;
    this.#littleEnd = littleEnd;
  }

  /** @throws {RangeError} When the bytes end too early. */
  read(signature: string): DBusValue[] {
    return typesOf(signature).map((type) => this.#value(type));
  }

  /** Skips what aligns the next value; how many bytes were read so far. */
  align(multiple: number): number {
    this.#at += -this.#at & (multiple - 1);
    return this.#at;
  }

  #value(type: string): DBusValue {
    this.align(alignmentOf(type));
    switch (type[0]) {
      case "s":
      case "o":
        return this.#text(this.#number("u") as number);
      case "g":
        return this.#text(this.#number("y") as number);
      case "b":
        return this.#number("u") === 1;
      case "v":
        return this.#variant();
      case "a":
        return this.#array(type.slice(1));
      case "(":
      case "{":
        return memberTypes(type).map((member) => this.#value(member));
      default:
        return this.#number(type);
    }
  }

  #text(length: number): string {
    const text = this.#take(length).toString();
    this.#take(1); // the zero at the end
    return text;
  }

  #variant(): DBusValue {
    const signature = this.#value("g") as string;
    return { signature, value: this.#value(signature) };
  }

  #array(type: string): DBusValue[] {
    const length = this.#number("u") as number;
    const end = this.align(alignmentOf(type)) + length;
    if (end > this.#bytes.length) throw new RangeError("Cannot read an array from D-Bus: the message ends too early");
    const values: DBusValue[] = [];
    while (this.#at < end) values.push(this.#value(type));
    return values;
  }

  #number(type: string): number | bigint {
    const bytes = Buffer.from(this.#take(alignmentOf(type)));
    return NUMBERS[type]!(this.#littleEnd ? bytes : bytes.reverse());
  }

  #take(length: number): Buffer {
    const taken = this.#bytes.subarray(this.#at, this.#at + length);
    if (taken.length < length) throw new RangeError("Cannot read from D-Bus: the message ends too early");
    this.#at += length;
    return taken;
  }
}

const NUMBERS: Readonly<Record<string, (bytes: Buffer) => number | bigint>> = {
  y: (bytes) => bytes.readUInt8(),
  n: (bytes) => bytes.readInt16LE(),
  q: (bytes) => bytes.readUInt16LE(),
  i: (bytes) => bytes.readInt32LE(),
  u: (bytes) => bytes.readUInt32LE(),
  x: (bytes) => bytes.readBigInt64LE(),
  t: (bytes) => bytes.readBigUInt64LE(),
  d: (bytes) => bytes.readDoubleLE(),
};
