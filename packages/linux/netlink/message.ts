/**
 * The netlink message format: what `sendmsg` carries to the kernel's network configuration and back.
 *
 *     0        4      6       8          12       16
 *     ├ length ┼ type ┼ flags ┼ sequence ┼ port id ┼ family header ┼ attribute ┼ attribute …
 *
 *     attribute:  0 ├ length ┼ type ┤ 4 value, padded to a multiple of 4 with the length not counting the padding
 *
 * The family header is a fixed struct (`ifinfomsg` for links). A value may be a list of attributes again. Integers are in the
 * host's byte order, which is little-endian on everything that this project runs on; IP addresses are in network order.
 *
 * @see https://man7.org/linux/man-pages/man7/netlink.7.html
 */

const HEADER_SIZE = 16;
const ATTRIBUTE_HEADER_SIZE = 4;
const NLA_F_NESTED = 0x8000;
const NLA_TYPE_MASK = 0x3fff;

/** A message as received. `body` is the family header and the attributes. */
export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly body: Buffer;
}

/** Puts a header before the parts of a message. */
export function encodeMessage(type: number, flags: number, body: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(HEADER_SIZE); // sequence and port id stay 0: one socket carries one request
  const message = Buffer.concat([header, ...body]);
  message.writeUInt32LE(message.length, 0);
  message.writeUInt16LE(type, 4);
  message.writeUInt16LE(flags, 6);
  return message;
}

/** Splits what one `recv` returned into its messages. */
export function decodeMessages(received: Buffer): NetlinkMessage[] {
  const messages: NetlinkMessage[] = [];
  for (let at = 0; at + HEADER_SIZE <= received.length; ) {
    const length = received.readUInt32LE(at);
    if (length < HEADER_SIZE) throw new Error(`Cannot decode netlink message: its length is ${length}`);
    const body = received.subarray(at + HEADER_SIZE, at + length);
    messages.push({ type: received.readUInt16LE(at + 4), flags: received.readUInt16LE(at + 6), body });
    at += align(length);
  }
  return messages;
}

/** One attribute. */
export function attribute(type: number, value: Buffer): Buffer {
  const encoded = Buffer.alloc(align(ATTRIBUTE_HEADER_SIZE + value.length));
  encoded.writeUInt16LE(ATTRIBUTE_HEADER_SIZE + value.length, 0);
  encoded.writeUInt16LE(type, 2);
  value.copy(encoded, ATTRIBUTE_HEADER_SIZE);
  return encoded;
}

/** An attribute whose value is a list of attributes, after an optional struct. */
export function nested(type: number, ...attributes: Buffer[]): Buffer {
  return attribute(type | NLA_F_NESTED, Buffer.concat(attributes));
}

/** An attribute with text, which ends in a NUL. */
export function textAttribute(type: number, text: string): Buffer {
  return attribute(type, Buffer.from(`${text}\0`));
}

/** An attribute with an unsigned 32-bit number. */
export function numberAttribute(type: number, number: number): Buffer {
  const value = Buffer.alloc(4);
  value.writeUInt32LE(number);
  return attribute(type, value);
}

/** The attributes in `encoded`, by type. */
export function decodeAttributes(encoded: Buffer): Map<number, Buffer> {
  const attributes = new Map<number, Buffer>();
  for (let at = 0; at + ATTRIBUTE_HEADER_SIZE <= encoded.length; ) {
    const length = encoded.readUInt16LE(at);
    if (length < ATTRIBUTE_HEADER_SIZE) throw new Error(`Cannot decode netlink attribute: its length is ${length}`);
    attributes.set(
      encoded.readUInt16LE(at + 2) & NLA_TYPE_MASK,
      encoded.subarray(at + ATTRIBUTE_HEADER_SIZE, at + length),
    );
    at += align(length);
  }
  return attributes;
}

/** The text of an attribute, without the NUL. */
export function decodeText(value: Buffer): string {
  return value.toString("utf8", 0, value.length - 1);
}

function align(length: number): number {
  return (length + 3) & ~3;
}
