/**
 * ttrpc's frames: what HTTP/2 is to gRPC, in ten bytes.
 *
 *      0        4           8      9       10
 *     ┌────────┬───────────┬──────┬───────┬──────────────────┐
 *     │ length │ stream id │ type │ flags │ length bytes     │      numbers are big-endian
 *     └────────┴───────────┴──────┴───────┴──────────────────┘
 *
 * A request opens a stream and its response closes it; streams of one connection run side by side. A client numbers them 1, 3, 5, … .
 * The payload is a ttrpc.Request or a ttrpc.Response. An empty one is no payload at all: length 0.
 *
 * ttrpc 1.2 has added frames of data and flags, for calls that stream. The flags of a request that does not stream may be set or not.
 *
 * @see https://github.com/containerd/ttrpc/blob/v1.2.5/PROTOCOL.md
 */

export const REQUEST = 1;
export const RESPONSE = 2;
export const DATA = 3;

/** A request's flag: more data will follow it on the stream. */
export const FLAG_REMOTE_OPEN = 2;

/** The longest payload: 4 MiB. */
export const PAYLOAD_MAX = 4 << 20;

const HEADER_LENGTH = 10;

/** One frame. */
export interface Frame {
  readonly streamId: number;
  readonly type: number;
  readonly flags: number;
  /** `tooLong` instead of a payload: how many bytes it had, all dropped. */
  readonly payload: Uint8Array;
  readonly tooLong?: number;
}

/** A frame's bytes. */
export function encodeFrame({
  streamId,
  type,
  flags = 0,
  payload,
}: Omit<Frame, "flags" | "tooLong"> & { flags?: number }): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_LENGTH + payload.length);
  frame.writeUInt32BE(payload.length, 0);
  frame.writeUInt32BE(streamId, 4);
  frame.writeUInt8(type, 8);
  frame.writeUInt8(flags, 9);
  frame.set(payload, HEADER_LENGTH);
  return frame;
}

/** Cuts a stream of bytes, which come in pieces of any size, into frames. It never holds more than one frame. */
export class FrameReader {
  #pieces: Buffer[] = [];
  #held = 0;
  #needed = HEADER_LENGTH;
  #toDrop = 0;

  /** The frames that `piece` completes. */
  *push(piece: Buffer): Generator<Frame> {
    this.#hold(piece);
    for (;;) {
      this.#drop();
      if (this.#held < this.#needed) return;
      const bytes = this.#joined();
      const length = bytes.readUInt32BE(0);
      if (length > PAYLOAD_MAX) {
        this.#take(HEADER_LENGTH);
        this.#toDrop = length;
        yield { ...parseHeader(bytes), payload: new Uint8Array(), tooLong: length };
      } else if (bytes.length < HEADER_LENGTH + length) {
        this.#needed = HEADER_LENGTH + length;
      } else {
        this.#take(HEADER_LENGTH + length);
        yield { ...parseHeader(bytes), payload: bytes.subarray(HEADER_LENGTH, HEADER_LENGTH + length) };
      }
    }
  }

  #hold(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#held += piece.length;
  }

  /** What is held, in one piece: done when a whole frame is here, not at each of its pieces. */
  #joined(): Buffer {
    if (this.#pieces.length > 1) this.#pieces = [Buffer.concat(this.#pieces)];
    return this.#pieces[0]!;
  }

  #take(length: number): void {
    const rest = this.#joined().subarray(length);
    this.#pieces = rest.length > 0 ? [rest] : [];
    this.#held = rest.length;
    this.#needed = HEADER_LENGTH;
  }

  /** Lets go of the payload that was too long, as far as it is here. */
  #drop(): void {
    if (this.#toDrop === 0) return;
    const dropped = Math.min(this.#toDrop, this.#held);
    this.#toDrop -= dropped;
    if (dropped > 0) this.#take(dropped);
  }
}

function parseHeader(bytes: Buffer): Pick<Frame, "streamId" | "type" | "flags"> {
  return { streamId: bytes.readUInt32BE(4), type: bytes.readUInt8(8), flags: bytes.readUInt8(9) };
}
