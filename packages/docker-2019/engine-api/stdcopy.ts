/**
 * How attach, exec and logs tell standard output from standard error on one connection, when the container has no terminal:
 *
 *     ┌──────┬───┬───┬───┬───────────────────┬─────────
 *     │ type │ 0 │ 0 │ 0 │ length, uint32 BE │ payload …
 *     └──────┴───┴───┴───┴───────────────────┴─────────
 *
 * Standard input goes the other way without frames. With a terminal there are none at all.
 *
 * @see https://docs.docker.com/engine/api/v1.40/#operation/ContainerAttach
 */

export const STREAM_TYPES = { stdin: 0, stdout: 1, stderr: 2, systemerr: 3 } as const;
export type StreamType = (typeof STREAM_TYPES)[keyof typeof STREAM_TYPES];

export const FRAME_HEADER_BYTES = 8;

/** The header of a frame, for who writes the payload after it without copying it. */
export function frameHeader(type: StreamType, payloadBytes: number): Buffer {
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  header[0] = type;
  header.writeUInt32BE(payloadBytes, 4);
  return header;
}

/** A whole frame. */
export function frame(type: StreamType, payload: Uint8Array): Buffer {
  return Buffer.concat([frameHeader(type, payload.length), payload]);
}

/** What has arrived of a frame: its payload may come in several pieces, and is not held back until it is whole. */
export type PieceListener = (type: StreamType, piece: Buffer) => void;

/** Takes frames apart as their bytes come, wherever these are cut. */
export class FrameDecoder {
  readonly #onPiece: PieceListener;
  readonly #header = Buffer.alloc(FRAME_HEADER_BYTES);
  #headerBytes = 0;
  #payloadBytesLeft = 0;

  constructor(onPiece: PieceListener) {
    this.#onPiece = onPiece;
  }

  /** @throws {Error} When a frame is of no known type: these are no frames. */
  write(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) at += this.#payloadBytesLeft > 0 ? this.#payload(chunk, at) : this.#readHeader(chunk, at);
  }

  /** Whether the bytes so far end where a frame does. */
  get atBoundary(): boolean {
    return this.#headerBytes === 0 && this.#payloadBytesLeft === 0;
  }

  /** @returns How many bytes it took. */
  #payload(chunk: Buffer, at: number): number {
    const piece = chunk.subarray(at, at + this.#payloadBytesLeft);
    this.#payloadBytesLeft -= piece.length;
    this.#onPiece(this.#header[0] as StreamType, piece); // #readHeader has checked it
    return piece.length;
  }

  #readHeader(chunk: Buffer, at: number): number {
    const taken = chunk.copy(this.#header, this.#headerBytes, at, at + FRAME_HEADER_BYTES - this.#headerBytes);
    this.#headerBytes += taken;
    if (this.#headerBytes < FRAME_HEADER_BYTES) return taken;
    if (this.#header[0]! > STREAM_TYPES.systemerr) throw new Error(`Unrecognized input header: ${this.#header[0]}`);
    this.#payloadBytesLeft = this.#header.readUInt32BE(4);
    this.#headerBytes = 0;
    return taken;
  }
}
