/**
 * CRC-64 with ISO's polynomial x⁶⁴ + x⁴ + x³ + x + 1, reflected: Go's `crc64.ISO`.
 *
 * Two halves of 32 bits, for numbers here have no more. The polynomial is so sparse that a byte changes the upper half alone.
 *
 * @see https://pkg.go.dev/hash/crc64
 */
const POLYNOMIAL = 0xd8000000;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let [high, low] = [0, byte];
  for (let bit = 0; bit < 8; bit++) {
    const isOdd = low & 1;
    low = (low >>> 1) | ((high & 1) << 31);
    high = (high >>> 1) ^ (isOdd ? POLYNOMIAL : 0);
  }
  return high;
});

export class Crc64 {
  #high = 0xffffffff;
  #low = 0xffffffff;

  /** Four bytes at a time: what one of them changes is in the upper half until all four have been taken. */
  update(bytes: Uint8Array): void {
    const fours = bytes.length & ~3;
    let [high, low] = [this.#high, this.#low];
    for (let i = 0; i < fours; i += 4) {
      const first = TABLE[(low ^ bytes[i]!) & 0xff]!;
      const second = TABLE[((low >>> 8) ^ bytes[i + 1]!) & 0xff]!;
      const third = TABLE[((low >>> 16) ^ bytes[i + 2]!) & 0xff]!;
      const fourth = TABLE[(low >>> 24) ^ bytes[i + 3]!]!;
      low = high ^ (first << 8);
      high = (first >>> 24) ^ (second >>> 16) ^ (third >>> 8) ^ fourth;
    }
    for (let i = fours; i < bytes.length; i++) {
      const change = TABLE[(low ^ bytes[i]!) & 0xff]!;
      low = (low >>> 8) | (high << 24);
      high = (high >>> 8) ^ change;
    }
    this.#high = high;
    this.#low = low;
  }

  /** Eight bytes, the highest first. */
  digest(): Buffer {
    const sum = Buffer.alloc(8);
    sum.writeUInt32BE(~this.#high >>> 0, 0);
    sum.writeUInt32BE(~this.#low >>> 0, 4);
    return sum;
  }
}
