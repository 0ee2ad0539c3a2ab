/**
 * The `:authority` of a request, inside of its compressed header block (HPACK): its slashes become dashes.
 *
 * Both sides keep a dictionary of what went by, so nothing may become longer or shorter. It doesn't: in HPACK's Huffman code the two
 * characters have six bits each.
 *
 * @see https://datatracker.ietf.org/doc/html/rfc7541
 */

/** Its place in the dictionary that every connection begins with. */
const AUTHORITY_INDEX = 1;

const [SLASH, DASH] = [0x2f, 0x2d];
/** The same in the Huffman code, and how many bits that has. */
const [SLASH_CODE, DASH_CODE, CODE_BITS] = [0b011000, 0b010110, 6];
/** Codes up to 13 bits: below which number one is that long. Longer ones are of what no address has. */
const HUFFMAN_CODES = [
  [5, 0xa],
  [6, 0x2e],
  [7, 0x7c],
  [8, 0xfe],
  [10, 0x3fd],
  [11, 0x7fd],
  [12, 0xffc],
  [13, 0x1ffe],
] as const;

/**
 * Replaces them in place, where an authority is spelt out: later requests only name its number in the dictionary. What can't be read is
 * left as it is.
 *
 * @returns Whether there were any.
 */
export function replaceSlashes(block: Buffer): boolean {
  const before = Buffer.from(block);
  const reader = new BlockReader(block);
  while (!reader.atEnd) {
    const first = block[reader.at]!;
    const [isIndexed, isTableSize] = [first >= 0x80, (first & 0xe0) === 0x20];
    const index = reader.integer(isIndexed ? 7 : first >= 0x40 ? 6 : isTableSize ? 5 : 4);
    if (isIndexed || isTableSize) continue;
    if (index === 0) reader.string(); // the name
    const { isHuffman, text } = reader.string();
    if (index === AUTHORITY_INDEX) (isHuffman ? replaceCodes : replaceBytes)(text);
  }
  return !before.equals(block);
}

class BlockReader {
  readonly #block: Buffer;
  at = 0;

  constructor(block: Buffer) {
    this.#block = block;
  }

  get atEnd(): boolean {
    return this.at >= this.#block.length;
  }

  /** @param bits - Of the first byte. Beyond them it goes on in sevens. */
  integer(bits: number): number {
    const full = (1 << bits) - 1;
    let value = this.#byte() & full;
    if (value < full) return value;
    for (let shift = 0; !this.atEnd; shift += 7) {
      const byte = this.#byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    return value;
  }

  string(): { isHuffman: boolean; text: Buffer } {
    const isHuffman = (this.#block[this.at] ?? 0) >= 0x80;
    const length = this.integer(7);
    const text = this.#block.subarray(this.at, this.at + length);
    this.at += length;
    return { isHuffman, text };
  }

  #byte(): number {
    return this.#block[this.at++] ?? 0;
  }
}

function replaceBytes(text: Buffer): void {
  for (let at = text.indexOf(SLASH); at >= 0; at = text.indexOf(SLASH, at)) text[at] = DASH;
}

function replaceCodes(text: Buffer): void {
  for (let bit = 0; bit < text.length * 8; ) {
    const length = HUFFMAN_CODES.find(([bits, limit]) => readBits(text, bit, bits) < limit)?.[0];
    if (length === undefined) return; // the padding, or something rare
    if (length === CODE_BITS && readBits(text, bit, CODE_BITS) === SLASH_CODE)
      flipBits(text, bit, SLASH_CODE ^ DASH_CODE);
    bit += length;
  }
}

/** Beyond the end there are ones, as in the padding. */
function readBits(text: Buffer, from: number, count: number): number {
  let value = 0;
  for (let bit = from; bit < from + count; bit++)
    value = (value << 1) | (((text[bit >> 3] ?? 0xff) >> (7 - (bit & 7))) & 1);
  return value;
}

function flipBits(text: Buffer, from: number, mask: number): void {
  for (let i = 0; i < CODE_BITS; i++) {
    const bit = from + i;
    if (mask & (1 << (CODE_BITS - 1 - i))) text[bit >> 3]! ^= 0x80 >> (bit & 7);
  }
}
