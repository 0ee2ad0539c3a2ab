/**
 * Messages of D-Bus:
 *
 *     end 'l'|'B' (1 byte)  kind (1)  flags (1)  version 1 (1)  length of the body (4)  serial (4)   all but the first in that byte order
 *     fields  a(yv)         path, interface, member …
 *     zeros                 up to a multiple of 8
 *     body                  by the signature among the fields
 *
 * @see https://dbus.freedesktop.org/doc/dbus-specification.html#message-protocol-messages
 */
import { Decoder } from "./decoder.ts";
import { type DBusValue, encode, type Variant } from "./encoder.ts";

export const KIND = { METHOD_CALL: 1, METHOD_RETURN: 2, ERROR: 3, SIGNAL: 4 } as const;

/** What a message may have in its fields, with the numbers that stand for them and their types. */
const FIELDS = {
  path: [1, "o"],
  interface: [2, "s"],
  member: [3, "s"],
  errorName: [4, "s"],
  replySerial: [5, "u"],
  destination: [6, "s"],
  sender: [7, "s"],
  signature: [8, "g"],
} as const;

/** One message. */
export interface Message {
  readonly kind: number;
  readonly serial: number;
  readonly path?: string;
  readonly interface?: string;
  readonly member?: string;
  /** `org.freedesktop.systemd1.NoSuchUnit` */
  readonly errorName?: string;
  /** Of an answer: the serial of the call. */
  readonly replySerial?: number;
  readonly destination?: string;
  readonly sender?: string;
  readonly signature?: string;
  readonly body: readonly DBusValue[];
}

const FIXED_SIZE = 16;
/** The bus hangs up on more. */
const MAX_SIZE = 1 << 27;

/** Writes a message. */
export function encodeMessage(message: Message): Buffer {
  const body = encode(message.signature ?? "", message.body);
  const header = encode("yyyyuua(yv)", [
    "l".charCodeAt(0),
    message.kind,
    0,
    1,
    body.length,
    message.serial,
    fieldsOf(message),
  ]);
  return Buffer.concat([header, Buffer.alloc(-header.length & 7), body]);
}

function fieldsOf(message: Message): DBusValue[] {
  return Object.entries(FIELDS).flatMap(([name, [code, signature]]) => {
    const value = message[name as keyof typeof FIELDS];
    return value === undefined ? [] : [[code, { signature, value }]];
  });
}

/**
 * How many bytes the message has that begins here.
 *
 * @returns Undefined when too little of it is there to say.
 * @throws {Error} When it is no message, or too large.
 */
export function messageSize(bytes: Buffer): number | undefined {
  if (bytes.length < FIXED_SIZE) return undefined;
  const littleEnd = isLittleEnd(bytes);
  const [, , , , bodySize, , fieldsSize] = new Decoder(bytes, littleEnd).read("yyyyuuu") as number[];
  const size = FIXED_SIZE + fieldsSize! + (-fieldsSize! & 7) + bodySize!;
  if (size > MAX_SIZE) throw new Error(`Cannot read a message of ${size} bytes from D-Bus`);
  return size;
}

function isLittleEnd(bytes: Buffer): boolean {
  const end = String.fromCharCode(bytes[0]!);
  if (end !== "l" && end !== "B") throw new Error(`Cannot read from D-Bus: a message begins with ${bytes[0]}`);
  return end === "l";
}

/** Reads a message of the size that `messageSize` gives. */
export function decodeMessage(bytes: Buffer): Message {
  const littleEnd = isLittleEnd(bytes);
  const header = new Decoder(bytes, littleEnd);
  const [, kind, , , , serial, pairs] = header.read("yyyyuua(yv)") as [0, number, 0, 0, 0, number, [number, Variant][]];
  const fields = Object.fromEntries(pairs.map(([code, { value }]) => [fieldName(code), value])) as Partial<Message>;
  const body = new Decoder(bytes.subarray(header.align(8)), littleEnd).read(fields.signature ?? "");
  return { ...fields, kind, serial, body };
}

function fieldName(code: number): string {
  return Object.entries(FIELDS).find(([, [known]]) => known === code)?.[0] ?? `field ${code}`;
}
