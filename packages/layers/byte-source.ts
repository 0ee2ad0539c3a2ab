/** A stream of chunks, read in the sizes that a tar is made of. Pulls a chunk only when the last one is used up: backpressure. */
import { ArchiveError } from "./archive-error.ts";

/** Reads chunks as bytes; counts them against a limit. */
export class ByteSource {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #maxBytes: number;
  #chunk: Buffer = Buffer.alloc(0);
  #received = 0;

  constructor(chunks: AsyncIterable<Uint8Array>, maxBytes: number) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#maxBytes = maxBytes;
  }

  /**
   * The next bytes, at least one and at most `max`, or `undefined` at the end. They stay valid until the chunk's owner reuses it.
   *
   * @throws {ArchiveError} When the stream is longer than its limit.
   */
  async readSome(max: number): Promise<Buffer | undefined> {
    while (this.#chunk.length === 0) {
      const { done, value } = await this.#chunks.next();
      if (done) return undefined;
      this.#chunk = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
      this.#received += value.byteLength;
      if (this.#received > this.#maxBytes) {
        throw new ArchiveError(`Cannot read the archive: it is longer than ${this.#maxBytes} bytes`);
      }
    }
    return this.#take(max);
  }

  /**
   * Exactly `length` bytes.
   *
   * @throws {ArchiveError} When the stream ends before.
   */
  async read(length: number): Promise<Buffer> {
    if (this.#chunk.length >= length) return this.#take(length);
    const parts: Buffer[] = [];
    for (let missing = length; missing > 0; ) {
      const part = await this.readSome(missing);
      if (part === undefined) throw new ArchiveError("Cannot read the archive: it ends in the middle, it is truncated");
      parts.push(part);
      missing -= part.length;
    }
    return Buffer.concat(parts);
  }

  /** Passes over exactly `length` bytes. @throws {ArchiveError} When the stream ends before. */
  async skip(length: number): Promise<void> {
    for (let missing = length; missing > 0; ) {
      const part = await this.readSome(missing);
      if (part === undefined) throw new ArchiveError("Cannot read the archive: it ends in the middle, it is truncated");
      missing -= part.length;
    }
  }

  /** Tells the stream's owner that no more is wanted. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  #take(max: number): Buffer {
    const taken = this.#chunk.subarray(0, max);
    this.#chunk = this.#chunk.subarray(taken.length);
    return taken;
  }
}
