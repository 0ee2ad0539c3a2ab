/**
 * What a container has printed, in memory: all that `logs` knows. It ends with the daemon (logs went to disk in March 2013).
 *
 * The original's buffer grew without end. This one keeps the last 16 MiB, in blocks, so that a million short lines cost no more than
 * their bytes; what it gave up it counts.
 */

const LOG_LIMIT_BYTES = 16 * 1024 * 1024;
const BLOCK_BYTES = 64 * 1024;

export class LogBuffer {
  #blocks: Buffer[] = [];
  #lastBlockLength = BLOCK_BYTES; // "full": the first write makes the first block
  #droppedBytes = 0;

  write(chunk: Buffer): void {
    for (let offset = 0; offset < chunk.length; ) {
      if (this.#lastBlockLength === BLOCK_BYTES) this.#addBlock();
      const copied = chunk.copy(this.#blocks.at(-1)!, this.#lastBlockLength, offset);
      this.#lastBlockLength += copied;
      offset += copied;
    }
  }

  /** The bytes in their order. Where the oldest were given up, a line says so first. */
  read(): Buffer[] {
    if (this.#blocks.length === 0) return [];
    const whole = [...this.#blocks.slice(0, -1), this.#blocks.at(-1)!.subarray(0, this.#lastBlockLength)];
    if (this.#droppedBytes === 0) return whole;
    return [Buffer.from(`(the first ${this.#droppedBytes} bytes are no longer kept)\n`), ...whole];
  }

  #addBlock(): void {
    if (this.#blocks.length * BLOCK_BYTES >= LOG_LIMIT_BYTES) {
      this.#blocks.shift();
      this.#droppedBytes += BLOCK_BYTES;
    }
    this.#blocks.push(Buffer.allocUnsafeSlow(BLOCK_BYTES));
    this.#lastBlockLength = 0;
  }
}
